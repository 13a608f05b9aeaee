"""Where a redirect may lead."""

import pytest

from app.http.origin import safe_path

ELSEWHERE = [
    "https://example.org", "http:example.org", "//example.org", "///example.org", "////example.org", "/\\example.org",
    "\\\\example.org", "\\/example.org", "/\t/example.org", "/\n/example.org", "/\r\n/example.org", "javascript:alert(1)",
    "JavaScript:alert(1)", "data:text/html,x", "mailto:a@example.org", "example.org", "", " ", " /x", ".//example.org",
    "../x", "?x", "#x", "/%0d%0a/\r\nSet-Cookie: a=b", "/\x00", "/\x7f", "/ø", "/\u2028", "/\u2215example.org", "／／example.org",
    "@example.org", ":80", "ftp://example.org", "file:///etc/passwd", "blob:x", "vbscript:x", "/\\/example.org",
    "/\\\\example.org", "\t//example.org", "//@example.org", "//127.0.0.1:8000@example.org", "https:///example.org",
    "https:/example.org", "http:\\\\example.org", "/\x1f/example.org", "/\x85/example.org", "/\xa0/example.org",
    "\u200b//example.org", "/\u200b/example.org", "/\ufeff/example.org", "//%2f%2fexample.org", "//[::1]", "//example.org/%2e%2e",
    "x/y", "~/x", ";//example.org", ",//example.org", "\\x", "/\\", "//",
]  # fmt: skip


@pytest.mark.parametrize("text", ELSEWHERE)
def test_what_could_lead_elsewhere_leads_to_the_first_page(text: str) -> None:
    assert safe_path(text) == "/"


@pytest.mark.parametrize("text", ["/", "/rounds", "/rounds/1?tab=mail#top", "/a//b", "/x?next=https://example.org"])
def test_a_path_of_ours_is_kept(text: str) -> None:
    assert safe_path(text) == text
