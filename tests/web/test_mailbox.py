"""The local mailbox: every letter can be read here, links and all, and nowhere else."""

import os
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.smtp import FolderTransport
from app.main import create_app
from app.web.mailbox import pieces
from tests.client import Client
from tests.served import ADDRESS, settings_of
from tests.web.markup import tree

HTML = '<html><head><title>x</title></head><body><a href="http://127.0.0.1:8000/r/abc">Svar</a></body></html>'


@dataclass
class Mailbox:
    folder: Path
    engine: Database

    def keep(self, name: str, subject: str, *, at: int, html: str = HTML) -> None:
        mail = EmailMessage()
        mail["Subject"], mail["To"], mail["From"] = subject, "Lars Moen <lars@x.example>", "a@x.example"
        mail.set_content("Hei Lars.\n\nhttp://127.0.0.1:8000/r/abc?lang=nb.\n")
        if html:
            mail.add_alternative(html, subtype="html")
        with FolderTransport(self.folder).opened() as carrier:
            carrier.hand_over(mail.as_bytes(), name)
        os.utime(self.folder / f"{name}.eml", (at, at))

    def visitor(self, address: str = ADDRESS, **settings: object) -> Client:
        app = create_app(
            settings_of(self.engine, mailbox_dir=self.folder, **settings), database=self.engine, clock=utc_now
        )
        return Client(app, address, headers={"accept-language": "en"}, follow_redirects=False)


@pytest.fixture
def mailbox(engine: Database, tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mailbox", engine)


def test_an_empty_mailbox_says_what_will_come(mailbox: Mailbox) -> None:
    page = tree(mailbox.visitor().get("/mailbox").text)
    assert page.one("div", class_="empty").one("h2").words == "No letter yet"


def test_letters_are_listed_newest_first_slice_by_slice(mailbox: Mailbox) -> None:
    for number in range(53):
        mailbox.keep(f"m{number:02}", f"Brev {number}", at=1_800_000_000 + number)
    visitor = mailbox.visitor()
    first = tree(visitor.get("/mailbox").text)
    heads = [head.words for head in first.all("th", scope="row")]
    assert (len(heads), heads[0], heads[-1]) == (50, "Brev 52", "Brev 3")
    older = first.one("nav", class_="pagination").one("a").attributes["href"]
    assert [head.words for head in tree(visitor.get(older).text).all("th", scope="row")] == [
        "Brev 2",
        "Brev 1",
        "Brev 0",
    ]


def test_a_letter_shows_text_with_links_headers_and_its_look_in_a_frame(mailbox: Mailbox) -> None:
    mailbox.keep("m1", "Tre kolleger, <b>tre</b> minutter", at=1_800_000_000)
    page = tree(mailbox.visitor().get("/mailbox/m1").text)
    assert page.one("h1").words == "Tre kolleger, <b>tre</b> minutter"
    links = [link.attributes["href"] for link in page.one("p", class_="mail-text").all("a")]
    assert links == ["http://127.0.0.1:8000/r/abc?lang=nb"]
    frame = page.one("iframe")
    assert frame.attributes["src"] == "/mailbox/m1/html"
    assert "allow-scripts" not in frame.attributes["sandbox"]
    assert "allow-same-origin" not in frame.attributes["sandbox"]
    assert "Lars Moen <lars@x.example>" in [value.words for value in page.all("dd")]


def test_the_look_of_a_letter_may_load_run_and_post_nothing(mailbox: Mailbox) -> None:
    mailbox.keep("m1", "Brev", at=1_800_000_000, html="<html><head></head><script>alert(1)</script></html>")
    answer = mailbox.visitor().get("/mailbox/m1/html")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert "sandbox" in policy
    assert "allow-scripts" not in policy["sandbox"]
    assert '<base target="_blank">' in answer.text


def test_a_name_that_is_no_letter_leads_nowhere(mailbox: Mailbox) -> None:
    mailbox.keep("m1", "Brev", at=1_800_000_000)
    (mailbox.folder.parent / "secret.eml").write_text("Subject: no\n\n")
    visitor = mailbox.visitor()
    for name in ("m2", "..%2Fsecret", "%2e%2e%2fsecret", "m1.eml", ".m1", "x" * 300, "a%00b"):
        assert visitor.get(f"/mailbox/{name}").status_code == 404, name
        assert visitor.get(f"/mailbox/{name}/html").status_code == 404, name


def test_there_is_no_mailbox_once_letters_leave_the_machine(mailbox: Mailbox) -> None:
    mailbox.keep("m1", "Brev", at=1_800_000_000)
    visitor = mailbox.visitor(smtp_host="mail.example")
    assert [visitor.get(path).status_code for path in ("/mailbox", "/mailbox/m1", "/mailbox/m1/html")] == [404] * 3


def test_there_is_no_mailbox_behind_a_public_name(mailbox: Mailbox) -> None:
    mailbox.keep("m1", "Brev", at=1_800_000_000)
    visitor = mailbox.visitor("https://kpi.example.org", base_url="https://kpi.example.org")
    assert [visitor.get(path).status_code for path in ("/mailbox", "/mailbox/m1", "/mailbox/m1/html")] == [404] * 3


def test_a_letter_that_is_broken_is_shown_as_far_as_it_goes(mailbox: Mailbox) -> None:
    mailbox.keep("m1", "Brev", at=1_800_000_000)
    (mailbox.folder / "m2.eml").write_bytes(b"\xff\xfe not a mail \x00")
    visitor = mailbox.visitor()
    assert [visitor.get(path).status_code for path in ("/mailbox", "/mailbox/m2")] == [200, 200]


def test_a_full_stop_after_an_address_is_no_part_of_it() -> None:
    assert [(one.text, one.is_link) for one in pieces("Se https://a.example/x. Hei")] == [
        ("Se ", False),
        ("https://a.example/x", True),
        (". Hei", False),
    ]
