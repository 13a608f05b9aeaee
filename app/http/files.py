"""Our own static files, kept for ever where the address carries their content's hash."""

import os
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

_FOR_EVER = "public, max-age=31536000, immutable"
_A_WHILE = "public, max-age=300"


class OwnFiles(StaticFiles):
    """Static files that say how long they may be kept."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Mapping[str, Any],
        status_code: int = 200,
    ) -> Response:
        """The file, with the time for which it may be kept."""
        answer = super().file_response(full_path, stat_result, dict(scope), status_code)
        # The templates add ?v=<hash>; the font carries its hash in the name, as the stylesheet names it.
        is_hashed = scope["query_string"].startswith(b"v=") or os.fspath(full_path).endswith(".woff2")
        answer.headers["Cache-Control"] = _FOR_EVER if is_hashed else _A_WHILE
        return answer
