"""The process that `pictures` starts for one file: bytes in, size and JPEG out, or an exit code that says why not.

Run by itself, never imported: what a hostile file does to a decoder happens here, with little memory and time.
"""

import io
import resource
import struct
import sys

from PIL import Image, ImageOps

MOST_PIXELS = 25_000_000
LONGEST_SIDE = 2000
MEMORY, SECONDS = 768 * 1024 * 1024, 20
UNREADABLE, TOO_MANY_PIXELS, MOVING = 3, 4, 5


def main() -> int:
    """Read one file, write one picture; the exit code."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0)):
        resource.setrlimit(kind, (most, most))
    Image.MAX_IMAGE_PIXELS = None  # it only warns; the size is looked at here, before anything is decoded
    try:
        image = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=("JPEG", "PNG", "WEBP"))
        if image.width * image.height > MOST_PIXELS:
            return TOO_MANY_PIXELS
        if getattr(image, "is_animated", False):
            return MOVING
        sys.stdout.buffer.write(developed(image))
    except (OSError, ValueError, SyntaxError, MemoryError, struct.error):
        return UNREADABLE
    return 0


def developed(image: Image.Image) -> bytes:
    """Width, height and the picture as JPEG: upright, on white, small, and nothing beside it."""
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright.getchannel("A"))
    made = io.BytesIO()
    paper.save(made, "JPEG", quality=85, optimize=True)
    return struct.pack(">II", *paper.size) + made.getvalue()


if __name__ == "__main__":
    sys.exit(main())
