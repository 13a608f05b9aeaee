"""Only who has something open is reminded; whoever reads how the letters went must not learn from it who that is (R9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from httpx2 import Response

from app.accounts.values import Role
from app.infra.entropy import SeededEntropy
from tests.journeys.readable import NOT_ANALYSING, Answer, differing, ids_of, read_all
from tests.journeys.scenario import DOMAIN, EVERYBODY, launched_anonymously, played_on
from tests.journeys.service import Running, ok
from tests.shelf import Shelf

# In the evening: the letters leave when people are at work again.
REMINDER = datetime(2026, 9, 24, 18, tzinfo=UTC)
MORNING = datetime(2026, 9, 25, 6, tzinfo=UTC)
A_DAY_AFTER = REMINDER + timedelta(hours=24, minutes=10)
TWO_CUSTOMERS = ("kunde01@kunder.example", "kunde02@kunder.example")
TWO_COLLEAGUES = (f"lars.moen{DOMAIN}", f"thea.vik{DOMAIN}")


@dataclass(frozen=True, slots=True)
class Told:
    """What is read after the reminders went out, what sending again says, what comes of it, and who was reminded."""

    read: Mapping[tuple[str, str], Answer]
    again: Mapping[str, int]
    a_day_after: Mapping[str, tuple[int, str, str, str | None]]
    reminded: set[str]


def told_after_reminding(shelf: Shelf, folder: Path, who_answers: tuple[str, ...]) -> Told:
    database = shelf.take(launched_anonymously, name=folder.name, entropy=SeededEntropy(4))
    played = played_on(database, folder, launched_anonymously)
    service, path = played.service, f"/api/v1/rounds/{played.round_id}"
    writing = service.system()
    version = writing.get(path).headers["etag"]
    ok(writing.patch(path, json={"reminders": [REMINDER.isoformat()]}, headers={"if-match": version}))
    for recipient in who_answers:
        played.answer(recipient, *EVERYBODY[recipient][:2])
    for service.clock.now in (REMINDER, MORNING):
        service.work()
    reminded = set(service.letters())
    service.clock.pass_by(timedelta(minutes=10))
    service.work()
    readers = {
        "administrator": (service.signed_in("admin", role=Role.ADMIN), ("rounds",)),
        "system": (service.system(*NOT_ANALYSING), ("api",)),
    }
    read = read_all(service, ids_of(service, round_id=played.round_id), readers)
    again = {email: one.status_code for email, one in sent_again(service, path).items()}
    for email in TWO_CUSTOMERS:
        # Anybody can ask in somebody's name, and a letter that left holds up the next one.
        ok(service.anybody().post("/api/v1/link-requests", json={"email": email}))
    service.work()
    service.clock.now = A_DAY_AFTER
    a_day_after = {email: how_it_went(one) for email, one in sent_again(service, path).items()}
    return Told(read, again, a_day_after, reminded)


def sent_again(service: Running, path: str) -> Mapping[str, Response]:
    writing = service.system()
    invited = ok(writing.get(f"{path}/invitations", params={"limit": 200}))["items"]
    asked = {one["email"]: one["id"] for one in invited if one["email"] in (*TWO_CUSTOMERS, *TWO_COLLEAGUES)}
    return {email: writing.post(f"/api/v1/invitations/{id_}/resend") for email, id_ in asked.items()}


def how_it_went(answer: Response) -> tuple[int, str, str, str | None]:
    told = answer.json()
    return answer.status_code, told.get("delivery", ""), told.get("next_step", ""), told.get("leaves_at")


def test_the_letters_do_not_tell_who_has_answered(shelves: Callable[[str], Shelf], tmp_path: Path) -> None:
    shelf = shelves("sqlite")
    one, other = (
        told_after_reminding(shelf, tmp_path / name, (TWO_CUSTOMERS[place], TWO_COLLEAGUES[place]))
        for place, name in enumerate(("one", "two"))
    )
    shelf.put_back()

    assert one.reminded ^ other.reminded == {*TWO_CUSTOMERS, *TWO_COLLEAGUES}, "the letters themselves do differ"
    assert differing(one.read, other.read) == []
    assert one.again == other.again == dict.fromkeys((*TWO_CUSTOMERS, *TWO_COLLEAGUES), 429)
    at_once = (200, "queued", "wait", "2026-09-25T18:10:00Z")
    assert one.a_day_after == other.a_day_after
    assert [one.a_day_after[email] for email in TWO_COLLEAGUES] == [at_once, at_once]
    assert [one.a_day_after[email][0] for email in TWO_CUSTOMERS] == [429, 429]
