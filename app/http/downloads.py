"""Files that are made for whoever asks, to be kept under a name of ours; that no answer is stored is the shell's rule."""

from starlette.responses import Response


def download(raw: bytes, filename: str, media_type: str) -> Response:
    """A file to keep; the name is ours and plain ASCII."""
    return Response(raw, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{filename}"'})
