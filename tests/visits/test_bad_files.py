"""Files as a shopper may send them: refused in a sentence, nothing kept; numbers are the catalogue's (threats, 3)."""

import io

from httpx2 import Response
from PIL import Image
from sqlalchemy import select

from app.infra.pictures import LARGEST_FILE
from app.visits.tables import EvidenceRow
from tests.client import Client
from tests.visits.desk import photo
from tests.visits.test_pages import REPORT, add, desk, ordered, send, shopper_of
from tests.web.desk import Desk, wrong_fields
from tests.web.markup import tree

__all__ = ["desk"]


def kept(desk: Desk) -> list[bytes]:
    with desk.engine.read() as session:
        return list(session.scalars(select(EvidenceRow.picture)))


def huge() -> bytes:
    """A picture of a few kilobytes that would take a gigabyte to decode."""
    made = io.BytesIO()
    Image.new("1", (13_000, 13_000)).save(made, "PNG")
    return made.getvalue()


def moving() -> bytes:
    made = io.BytesIO()
    first, second = (Image.new("RGB", (20, 20), color) for color in ("red", "blue"))
    first.save(made, "WEBP", save_all=True, append_images=[second])
    return made.getvalue()


def test_21_and_123_to_127_what_is_no_picture_is_refused_by_page_and_api_and_nothing_is_kept(desk: Desk) -> None:
    link = ordered(desk, desk.browser("admin"))[1]
    shopper = shopper_of(desk)
    files = {
        "123": b"",
        "124": b"GIF89a" + b"x" * 50,
        "125": photo(60)[:200],
        "126": huge(),
        "127 moving": moving(),
        "127 heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(50),
        "127 svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "127 pdf": b"%PDF-1.7\n" + photo(60),
    }
    api = f"/api/v1/visit-reports/{link.rpartition('/')[2]}/evidence"
    for number, raw in files.items():
        page = add(shopper, link, raw)
        assert (page.status_code, [href for href, _ in wrong_fields(tree(page.text))]) == (422, ["#file"]), number
        told = shopper.post(api, files={"file": ("a.jpg", raw, "image/jpeg")})
        assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "file"), number
    large = photo(60) + bytes(LARGEST_FILE)
    assert {add(shopper, link, large).status_code, in_api(shopper, api, large).status_code} == {413}
    for kind in ("multipart/form-data", "multipart/form-data; boundary=other"):
        unread = shopper.post(f"{link}/evidence", content=b"--x\r\n\r\n\r\n--x--", headers={"content-type": kind})
        assert unread.status_code == 400, kind
    assert kept(desk) == []


def in_api(shopper: Client, path: str, raw: bytes) -> Response:
    return shopper.post(path, files={"file": ("a.jpg", raw, "image/jpeg")})


def test_128_to_131_of_a_picture_nothing_but_the_picture_is_kept_five_at_most_until_the_visit_is_reported(
    desk: Desk,
) -> None:
    path, link = ordered(desk, desk.browser("admin"))
    shopper = shopper_of(desk)
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    polyglot = photo(60, exif=exif) + b"PK\x03\x04%PDF-1.7<script>"
    names = ("a.jpg", "../../x", "CON", "x" * 300 + ".jpg", "regning\u202egpj.exe")
    for side, name in enumerate(names, start=60):
        assert add(shopper, link, polyglot if name == "a.jpg" else photo(side), name).status_code == 303, name
    found = kept(desk)
    assert len(found) == 5
    for raw in found:
        assert raw.startswith(b"\xff\xd8\xff")
        assert not any(word in raw for word in (b"Exif", b"PDF", b"script", b"PK\x03\x04"))
    assert "CON" not in shopper.get(link).text
    sixth = add(shopper, link, photo(90))
    assert (sixth.status_code, "Det er fem bilder allerede." in sixth.text) == (409, True)

    desk.clock.pass_by(desk.clock.now.replace(hour=17) - desk.clock.now)
    assert send(shopper, link, REPORT).status_code == 303
    analyst = desk.browser("analyst")
    for href in (
        one.attributes["href"] for one in analyst.page(path).all("a") if "/evidence/" in one.attributes["href"]
    ):
        said = analyst.get(href).headers["content-disposition"]
        assert said.startswith("attachment")
        assert not any(name in said for name in ("..", "CON", "xxx", "exe"))
    assert analyst.post(f"{path}/accept").status_code == 303
    assert add(shopper, link, photo(91)).status_code == 410
    assert len(kept(desk)) == 5
