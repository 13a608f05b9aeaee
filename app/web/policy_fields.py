"""The changes of a what-if as fields of an address: one for each changed value, kept from page to page.

`weights.KPI.GROUP`, `card.LEVEL.PLACE.KPI`, `posts.KPI.PLACE.NAME` (PLACE is `all` for all) and `minimum.GROUP`.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from app.deferred import dataclass
from app.plain import parse_number
from app.releases.choices import Choices

EVERYWHERE = "all"
_PARTS = {"weights": 3, "card": 4, "posts": 4, "minimum": 2}
_ZERO = frozenset({"weights", "card"})
"""Where an empty field stands for 0, as on the page of a card."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PolicyFields:
    """Changed values by the name of their field."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "PolicyFields":
        """Those that an address or a form carries; others are passed over."""
        named = {name: value for name, value in query.items() if _PARTS.get(name.split(".")[0]) == name.count(".") + 1}
        filled = {name: value.strip() or "0" * (name.split(".")[0] in _ZERO) for name, value in named.items()}
        return cls({name: value for name, value in filled.items() if value})

    def settled(self, choices: Choices) -> "PolicyFields":
        """Without what is as it was or is not there; goalposts are changed as a whole."""
        known = known_values(choices)
        there = {_key(name) for name in known}
        changed = {key for key in self._keys() if key in there and self._is_changed(key, known)}
        return PolicyFields(
            {
                name: value
                for name, value in self.values.items()
                if _key(name) in changed and (name.startswith("posts.") or self._differs(name, known))
            }
        )

    def given(self) -> dict[str, object]:
        """The same as the intake of what-ifs takes it."""
        listed: dict[str, list[object]] = {"rater_weights": [], "scorecards": [], "targets": [], "minimums": []}
        for key in self._keys():
            inner = {name.split(".")[-1]: self.values[name] for name in self._under(key)}
            match key:
                case ("weights", kpi_id):
                    listed["rater_weights"].append({"kpi_id": kpi_id, "weights": inner})
                case ("card", level, place):
                    listed["scorecards"].append({"subject_id": place, "level": level, "weights": inner})
                case ("posts", kpi_id, place):
                    at = None if place == EVERYWHERE else place
                    listed["targets"].append({"kpi_id": kpi_id, "subject_id": at, **inner})
                case (_, group):
                    listed["minimums"].append({"rater_group": group, "k": inner[group]})
        return {name: some for name, some in listed.items() if some}

    def place_of(self, field: str) -> str:
        """The field on the page that answers one that the intake or the check refused."""
        kind, _, rest = field.partition(".")
        number, _, part = rest.partition(".")
        keys = [key for key in self._keys() if _LISTS[key[0]] == kind]
        if not number.isdecimal() or int(number) >= len(keys):
            return ""
        key = ".".join(keys[int(number)])
        name = part.rpartition(".")[2] if part.startswith("weights.") else part
        exact = key if kind == "minimums" else f"{key}.{name}"
        return exact if exact in self.values else next(iter(self._under(keys[int(number)])))

    def query(self, *, without: str = "", **more: str) -> str:
        """The query of an address with these changes, except those under a key."""
        return urlencode({**more, **dict(self.pairs(without=without))})

    def pairs(self, *, without: str = "") -> list[tuple[str, str]]:
        """The fields with their values, for the hidden fields of a form."""
        return [(name, value) for name, value in self.values.items() if not without or not _is_under(name, without)]

    def _keys(self) -> list[Key]:
        return list(dict.fromkeys(_key(name) for name in self.values))

    def _under(self, key: Key) -> list[str]:
        return [name for name in self.values if _key(name) == key]

    def _is_changed(self, key: Key, known: Mapping[str, float]) -> bool:
        mine = self._under(key)
        # Goalposts may also lose one: a target without a stretch.
        is_cut = key[0] == "posts" and set(mine) != {name for name in known if _key(name) == key}
        return is_cut or any(self._differs(name, known) for name in mine)

    def _differs(self, name: str, known: Mapping[str, float]) -> bool:
        return parse_number(self.values[name]) != known.get(name)


def known_values(choices: Choices) -> dict[str, float]:
    """What every field would hold if nothing were changed."""
    frozen = choices.frozen
    found: dict[str, float] = {f"minimum.{policy.rater_group}": policy.k for policy in frozen.groups}
    for kpi in (kpi for kpi in frozen.kpis if kpi.weights):
        found |= {f"weights.{kpi.kpi_id}.{policy.rater_group}": 0.0 for policy in frozen.groups}
        found |= {f"weights.{kpi.kpi_id}.{group}": weight for group, weight in kpi.weights.items()}
    for card in choices.cards:
        found |= {f"card.{card.level}.{card.place.id}.{line.kpi_id}": line.weight for line in card.lines}
    for one in choices.targets:
        place = EVERYWHERE if one.place is None else one.place.id
        posts = {name: getattr(one.posts, name) for name in POST_NAMES}
        found |= {f"posts.{one.kpi_id}.{place}.{name}": post for name, post in posts.items() if post is not None}
    return found


POST_NAMES = ("floor", "target", "stretch", "low", "best_low", "best_high", "high")
_LISTS = {"weights": "rater_weights", "card": "scorecards", "posts": "targets", "minimum": "minimums"}


def _key(name: str) -> Key:
    """What the field belongs to: a KPI, a card, a target; a minimum stands for itself."""
    parts = tuple(name.split("."))
    return parts if parts[0] == "minimum" else parts[:-1]


def _is_under(name: str, start: str) -> bool:
    return f"{name}.".startswith(f"{start}.")
