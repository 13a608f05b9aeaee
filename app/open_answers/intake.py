"""Plain mappings to checked codes; answers are read as those of any rater are (`app.responses.intake`)."""

from collections.abc import Mapping

from app.encounters.values import Rhythm
from app.fields import REQUIRED, Fields
from app.open_answers.rules import LEAST_K, MOST_K
from app.open_answers.values import CodeDraft
from app.rounds.intake import parse_moderators
from app.words import LOCALES

MOST_KPIS = 4


def parse_code(given: Mapping[str, object], *, moderators: str | None = None, posted: bool = False) -> CodeDraft:
    """A code: subject_id of the unit, name (where it hangs), kpi_ids, rhythm, k, moderated_by.

    moderators : the usual ones of the company, where `moderated_by` is not sent
    """
    fields = Fields(given, posted=posted)
    name = fields.words("name", longest=80)
    for locale in LOCALES:
        if not name.get(locale):
            fields.refuse(f"name.{locale}", REQUIRED)
    kpi_ids = tuple(dict.fromkeys(fields.texts("kpi_ids", MOST_KPIS)))
    if not kpi_ids:
        fields.refuse("kpi_ids", REQUIRED)
    draft = CodeDraft(
        subject_id=fields.text("subject_id", required=True) or "",
        name=name,
        kpi_ids=kpi_ids,
        rhythm=fields.choice("rhythm", Rhythm) or Rhythm.MONTH,
        k=fields.whole("k", LEAST_K, MOST_K) or LEAST_K,
        moderated_by=parse_moderators(fields, moderators),
    )
    fields.finish()
    return draft
