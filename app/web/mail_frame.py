"""A letter inside a page: in a frame where nothing is loaded, run or posted, and links open beside it."""

import re

from starlette.responses import HTMLResponse, Response

# Nothing may be loaded, run or posted; a link opens a page of its own.
FRAME_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


def framed(html: str) -> Response:
    """The HTML of a letter as the content of a frame."""
    # Links of the letter open beside the page instead of inside the frame, where nothing else may be shown.
    shown = _HEAD.sub(lambda head: f'{head[0]}<base target="_blank">', html, count=1)
    return HTMLResponse(shown, headers={"Content-Security-Policy": FRAME_POLICY})


def framed_text(text: str) -> Response:
    """A plain text as the content of a frame."""
    return Response(text, media_type="text/plain", headers={"Content-Security-Policy": FRAME_POLICY})
