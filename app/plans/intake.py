"""Plans, their ends and what is done, as people and systems send them, to checked values."""

from collections.abc import Mapping
from datetime import date

from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE, REQUIRED, TEXT_LENGTH, Fields
from app.plans.rules import MOST_ACTIONS
from app.plans.values import ActionDraft, PlanDraft, PlanEnd, PlanState, WeDid

LEAST_EFFECT, MOST_EFFECT = 1.0, 100.0
ACTION_LENGTH = 300
SENTENCE_LENGTH = 300
ONE_LANGUAGE = "Write both sentences in one language, or in both."


def parse_plan(given: Mapping[str, object], *, posted: bool = False) -> PlanDraft:
    """A plan: kpi_id, subject_id, owner_id, what, expected (points), check_on, actions (text, due_on), item_id, case_id."""
    fields = Fields(given, posted=posted)
    draft = PlanDraft(
        kpi_id=fields.text("kpi_id", required=True) or "",
        subject_id=fields.text("subject_id", required=True) or "",
        owner_id=fields.text("owner_id", required=True) or "",
        what=fields.text("what", longest=TEXT_LENGTH, required=True, lines=True) or "",
        expected=fields.number("expected", LEAST_EFFECT, MOST_EFFECT, required=True) or LEAST_EFFECT,
        check_on=fields.day("check_on", required=True) or date.min,
        actions=_actions(fields),
        item_id=fields.text("item_id"),
        case_id=fields.text("case_id"),
    )
    fields.finish()
    return draft


def parse_plan_end(given: Mapping[str, object], *, posted: bool = False) -> PlanEnd:
    """How a plan ended: state (done or dropped), and a note."""
    fields = Fields(given, posted=posted)
    state = fields.choice("state", PlanState, required=True) or PlanState.DONE
    note = fields.text("note", longest=TEXT_LENGTH, lines=True) or ""
    fields.finish()
    if state is PlanState.OPEN:
        raise Invalid([FieldError("state", NO_CHOICE, f"{PlanState.DONE}, {PlanState.DROPPED}")])
    return PlanEnd(state, note)


def parse_we_did(given: Mapping[str, object], *, posted: bool = False) -> WeDid:
    """What raters are told: heard and did, a sentence each, both in nb or both in en or both in both."""
    fields = Fields(given, posted=posted)
    words = WeDid(fields.words("heard", longest=SENTENCE_LENGTH), fields.words("did", longest=SENTENCE_LENGTH))
    for name, one, other in (("heard", words.heard, words.did), ("did", words.did, words.heard)):
        for locale in other.keys() - one.keys():
            fields.refuse(f"{name}.{locale}", REQUIRED)
    if not words.heard and not words.did:
        fields.refuse("heard.nb", ONE_LANGUAGE)
    fields.finish()
    return words


def _actions(fields: Fields) -> tuple[ActionDraft, ...]:
    """What is to be done; a line that was left blank is none."""
    found = []
    for one in fields.groups("actions", MOST_ACTIONS):
        text, due_on = one.text("text", longest=ACTION_LENGTH), one.day("due_on")
        one.close()
        for name, given in (("text", text), ("due_on", due_on)):
            if given is None and (text is not None or due_on is not None):
                one.refuse(name, REQUIRED)
        if text is not None and due_on is not None:
            found.append(ActionDraft(text, due_on))
    return tuple(found)
