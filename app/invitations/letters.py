"""What invitations and reminders tell a rater: who asks, about whom, how long, until when, who sees it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.deferred import dataclass
from app.kpis.values import RaterGroup
from app.mail.values import Letter, Mail
from app.organisation.values import Person
from app.rounds.preview import questions_about
from app.rounds.rules import minutes_to_answer
from app.rounds.values import PROTECTED_MODES, Assignment, FrozenRound, FrozenSubject, GroupPolicy
from app.wording.rules import worded
from app.wording.values import Texts
from app.words import Words, in_locale

MOST_NAMES = 7
NAMES_SHOWN = 5
YOURSELF: Words = {"nb": "deg selv", "en": "yourself"}


@dataclass(frozen=True, slots=True)
class Errand:
    """Which letter is to be written: for which invitation, the how manieth, and whether the rater has more time."""

    invitation_id: str
    letter: Letter
    wave: int
    extended_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """A frozen round, ready to be told of to one rater after the other."""

    frozen: FrozenRound
    organisation: str
    subjects: Mapping[str, FrozenSubject]
    texts: Mapping[Letter, Texts]

    def invitation_letter(self, person: Person, assignments: Sequence[Assignment], errand: Errand) -> Mail:
        """The mail that asks a rater about all subjects at once, or reminds; the person has an address."""
        until = max(errand.extended_until or self.frozen.closes_at, self.frozen.closes_at)
        parameters = self._parameters(person.locale, assignments)
        return Mail(
            letter=errand.letter,
            recipient=person.email or "",
            name=person.name or "",
            locale=person.locale,
            parameters={
                **parameters,
                "closes_at": until.isoformat(),
                "wording": worded(self.texts, errand.letter, person.locale),
            },
            reference=errand.invitation_id,
            wave=errand.wave,
            deadline=until,
        )

    def _parameters(self, locale: str, assignments: Sequence[Assignment]) -> dict[str, Any]:
        order = list(RaterGroup)
        sorted_ = sorted(
            assignments,
            key=lambda one: (order.index(one.rater_group), self.subjects[one.subject_id].name.casefold(), one.id),
        )
        names = list(dict.fromkeys(self._name(one, locale) for one in sorted_))
        questions = [questions_about(self.frozen, self.subjects[one.subject_id], one.rater_group) for one in sorted_]
        shown = names if len(names) <= MOST_NAMES else names[:NAMES_SHOWN]
        return {
            "organisation": self.organisation,
            "company_id": self.frozen.company_id,
            "asked_by": self.frozen.asked_by,
            "round_name": in_locale(self.frozen.name, locale),
            "purpose": in_locale(self.frozen.purpose, locale),
            "subjects": shown,
            "more": len(names) - len(shown),
            "count": len(names),
            "questions": questions[0] if len(set(questions)) == 1 else 0,
            "minutes": minutes_to_answer(sum(questions), len(questions)),
            "promises": [self._promise(policy, sorted_, locale) for policy in self._policies(sorted_)],
            "promise": _spaced(self.frozen.promise_hash),
        }

    def _policies(self, assignments: Sequence[Assignment]) -> list[GroupPolicy]:
        groups = {one.rater_group for one in assignments}
        return [policy for policy in self.frozen.groups if policy.rater_group in groups]

    def _promise(self, policy: GroupPolicy, assignments: Sequence[Assignment], locale: str) -> dict[str, Any]:
        names = {self._name(one, locale) for one in assignments if one.rater_group is policy.rater_group}
        is_moderated = self.frozen.moderated_by is not None and policy.mode in PROTECTED_MODES
        return {
            "rater_group": policy.rater_group,
            "mode": policy.mode,
            "k": policy.k,
            "name": names.pop() if len(names) == 1 else "",
            **({"moderated_by": self.frozen.moderated_by} if is_moderated else {}),
        }

    def _name(self, one: Assignment, locale: str) -> str:
        return YOURSELF[locale] if one.rater_group is RaterGroup.SELF else self.subjects[one.subject_id].name


def writer_of(frozen: FrozenRound, organisation: str, texts: Mapping[Letter, Texts]) -> Writer:
    """A writer for a round; `texts` are what the company wrote into its letters."""
    return Writer(frozen, organisation, {subject.id: subject for subject in frozen.subjects}, texts)


def _spaced(promise_hash: str) -> str:
    """The beginning of a hash, so that it can be read out: 4f9c 21ab."""
    return f"{promise_hash[:4]} {promise_hash[4:8]}"
