"""How a pack is to be used, as people and systems say it, to checked values."""

from collections.abc import Mapping

from app.fields import Fields
from app.packs.values import PackName, PackUse


def parse_use(given: Mapping[str, object], pack: PackName, *, posted: bool = False) -> PackUse:
    """The goal that the KPIs serve and who owns them: goal_id, owner_id."""
    fields = Fields(given, posted=posted)
    goal_id = fields.text("goal_id", required=True) or ""
    owner_id = fields.text("owner_id", required=True) or ""
    fields.finish()
    return PackUse(pack, goal_id, owner_id)
