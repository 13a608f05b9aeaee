"""What a page has to be whatever it shows: elements where they may stand, and names that lead somewhere."""

from collections import Counter
from collections.abc import Iterator

from tests.web.markup import Element

PHRASING = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "br",
        "button",
        "cite",
        "code",
        "datalist",
        "data",
        "dfn",
        "em",
        "i",
        "img",
        "input",
        "kbd",
        "label",
        "mark",
        "meter",
        "output",
        "progress",
        "q",
        "s",
        "samp",
        "script",
        "option",
        "optgroup",
        "select",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "svg",
        "textarea",
        "time",
        "u",
        "var",
        "wbr",
    ]
)
# What holds words, and no blocks.
OF_WORDS = PHRASING | frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary", "legend"])
HEADINGS = frozenset({"h2", "h3", "h4"})
MAY_HOLD = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd", "div"},
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tfoot": {"tr"},
    "tr": {"th", "td"},
    "select": {"option", "optgroup"},
    "optgroup": {"option"},
}
ONLY_IN = {
    "li": {"ul", "ol"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "tr": {"thead", "tbody", "tfoot"},
    "td": {"tr"},
    "th": {"tr"},
    "caption": {"table"},
    "legend": {"fieldset"},
    "summary": {"details"},
    "option": {"select", "optgroup", "datalist"},
    "figcaption": {"figure"},
}
FIRST = {"legend": "fieldset", "summary": "details", "caption": "table"}
# Not one in another.
APART = ({"a", "button"}, {"form"}, {"label"}, {"main"})
ASKING = frozenset({"input", "select", "textarea", "output", "button", "meter", "progress"})
NAMES_OTHERS = ("aria-labelledby", "aria-describedby", "aria-controls", "headers", "list", "form")


def faults(page: Element) -> list[str]:
    """What is wrong with a whole page, in words; nothing of a sound one."""
    return [*_frame(page), *_nested(page, ()), *_named(page), *_led(page)]


def _frame(page: Element) -> Iterator[str]:
    head = page.one("head")
    for tag, found in (*((tag, page.all(tag)) for tag in ("main", "h1")), ("title", head.all("title"))):
        if len(found) != 1 or not found[0].words:
            yield f"{len(found)} × <{tag}>: {[one.words for one in found]}"


def _nested(element: Element, above: tuple[str, ...]) -> Iterator[str]:
    """Elements that may not stand where they do, down to drawings, which have rules of their own."""
    tag, inside = element.tag, [one for one in element.content if isinstance(one, Element)]
    if tag in MAY_HOLD:
        yield from (f"<{tag}> holds <{one.tag}>" for one in inside if one.tag not in MAY_HOLD[tag])
        yield from (f"<{tag}> holds words" for one in element.content if isinstance(one, str) and one.strip())
    for place, one in enumerate(inside):
        if one.tag in ONLY_IN and tag not in ONLY_IN[one.tag]:
            yield f"<{one.tag}> in <{tag}>"
        if FIRST.get(one.tag) == tag and place:
            yield f"<{one.tag}> is not the first in <{tag}>"
    if tag not in PHRASING:
        yield from (f"<{tag}> in <{one}>" for one in above if one in OF_WORDS and not _may_hold(one, tag))
    yield from (f"<{tag}> in <{one}>" for kinds in APART if tag in kinds for one in above if one in kinds)
    if tag != "svg":
        for one in inside:
            yield from _nested(one, (*above, tag))


def _may_hold(outer: str, inner: str) -> bool:
    """A link goes round whatever it is put round, and what is unfolded or asked may have a heading."""
    return outer == "a" or (outer in {"summary", "legend"} and inner in HEADINGS)


def _named(page: Element) -> Iterator[str]:
    """Names that are given twice, and names of nothing."""
    ids = Counter(one.attributes["id"] for one in page.walk() if "id" in one.attributes)
    yield from (f"id {name!r} is given {count} times" for name, count in ids.items() if count > 1 or not name)
    for one in page.walk():
        for attribute in NAMES_OTHERS:
            yield from (
                f"<{one.tag} {attribute}> names {name!r}, which is not there"
                for name in one.attributes.get(attribute, "").split()
                if name not in ids
            )


def _led(page: Element) -> Iterator[str]:
    """Links within the page and labels that lead nowhere; pictures that say nothing."""
    by_id = {one.attributes["id"]: one for one in page.walk() if "id" in one.attributes}
    for link in page.all("a"):
        href = link.attributes.get("href", "")
        if href.startswith("#") and href[1:] not in by_id:
            yield f"a link leads to {href}, which is not there"
    for label in page.all("label"):
        asked = by_id.get(label.attributes.get("for", ""))
        inside = [one for one in label.walk() if one.tag in ASKING]
        if "for" in label.attributes and (asked is None or asked.tag not in ASKING):
            yield f"a label is for {label.attributes['for']!r}, which asks nothing"
        if "for" not in label.attributes and len(inside) != 1:
            yield f"a label without a field: {label.words!r}"
    yield from ("a picture without words" for one in page.all("img") if "alt" not in one.attributes)
