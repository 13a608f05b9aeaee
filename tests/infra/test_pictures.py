"""Pictures from outside: what is none is refused before it costs anything, what is one loses everything else."""

import io

import pytest
from PIL import Image

from app.errors import Invalid
from app.infra.pictures import LARGEST_FILE, MOVING, NO_PICTURE, TOO_MANY_PIXELS, PictureTooLarge, encoded_anew
from tests.visits.desk import photo


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_comes_out_as_a_plain_jpeg(kind: str) -> None:
    found = encoded_anew(photo(60, kind))
    assert (found.width, found.height, found.raw[:3]) == (60, 30, b"\xff\xd8\xff")


def test_where_and_with_what_it_was_taken_is_gone_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Kamera AS"
    exif.get_ifd(0x8825)[1] = "N"
    raw = photo(60, "JPEG", exif=exif, comment=b"secret") + b"<script>a second file behind the first</script>"
    assert b"Kamera" in raw
    found = encoded_anew(raw)
    assert (found.width, found.height) == (30, 60)
    with Image.open(io.BytesIO(found.raw)) as image:
        assert dict(image.getexif()) == {}
    assert not any(word in found.raw for word in (b"Kamera", b"Exif", b"secret", b"script"))


def test_a_large_picture_is_made_smaller() -> None:
    found = encoded_anew(photo(4000))
    assert (found.width, found.height) == (2000, 1000)


def test_what_is_no_picture_is_refused_in_one_sentence() -> None:
    moving = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(moving, "WEBP", save_all=True, append_images=frames[1:])
    huge = io.BytesIO()
    Image.new("1", (13_000, 13_000)).save(huge, "PNG")
    for raw, sentence in (
        (b"GIF89a" + b"x" * 50, NO_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NO_PICTURE),
        (b"%PDF-1.7", NO_PICTURE),
        (b"\xff\xd8\xff" + b"x" * 50, NO_PICTURE),
        (photo(60)[:200], NO_PICTURE),
        (moving.getvalue(), MOVING),
        (huge.getvalue(), TOO_MANY_PIXELS),
        (b"", "This file is empty."),
    ):
        with pytest.raises(Invalid) as refused:
            encoded_anew(raw)
        assert refused.value.errors[0].message == sentence
    with pytest.raises(PictureTooLarge):
        encoded_anew(b"\xff\xd8\xff" + bytes(LARGEST_FILE))
