"""Only who has something open is reminded; whoever reads how the letters went must not learn from it who that is (R9)."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from app.accounts.values import Role
from app.infra.entropy import SeededEntropy
from tests.journeys.readable import NOT_ANALYSING, Answer, differing, ids_of, read_all
from tests.journeys.scenario import DOMAIN, EVERYBODY, START, launched_anonymously, played_on
from tests.journeys.service import ok
from tests.shelf import Shelf

REMINDER = START + timedelta(days=3)
TWO_CUSTOMERS = ("kunde01@kunder.example", "kunde02@kunder.example")
TWO_COLLEAGUES = (f"lars.moen{DOMAIN}", f"thea.vik{DOMAIN}")


def read_after_reminding(
    shelf: Shelf, folder: Path, who_answers: tuple[str, ...]
) -> tuple[Mapping[tuple[str, str], Answer], Mapping[str, int], set[str]]:
    """What is read an hour after the reminders went out, what sending again says, and who was reminded."""
    database = shelf.take(launched_anonymously, name=folder.name, entropy=SeededEntropy(4))
    played = played_on(database, folder, launched_anonymously)
    service, path = played.service, f"/api/v1/rounds/{played.round_id}"
    writing = service.system()
    version = writing.get(path).headers["etag"]
    ok(writing.patch(path, json={"reminders": [REMINDER.isoformat()]}, headers={"if-match": version}))
    for recipient in who_answers:
        played.answer(recipient, *EVERYBODY[recipient][:2])
    service.clock.now = REMINDER
    service.work()
    reminded = set(service.letters())
    service.clock.pass_by(timedelta(hours=1))
    service.work()
    readers = {
        "administrator": (service.signed_in("admin", role=Role.ADMIN), ("rounds",)),
        "system": (service.system(*NOT_ANALYSING), ("api",)),
    }
    read = read_all(service, ids_of(service, round_id=played.round_id), readers)
    invited = ok(writing.get(f"{path}/invitations", params={"limit": 200}))["items"]
    asked = {one["email"]: one["id"] for one in invited if one["email"] in (*TWO_CUSTOMERS, *TWO_COLLEAGUES)}
    again = {email: writing.post(f"/api/v1/invitations/{id_}/resend").status_code for email, id_ in asked.items()}
    return read, again, reminded


def test_the_letters_do_not_tell_who_has_answered(shelves: Callable[[str], Shelf], tmp_path: Path) -> None:
    shelf = shelves("sqlite")
    read, again, reminded = zip(
        *(
            read_after_reminding(shelf, tmp_path / name, (TWO_CUSTOMERS[place], TWO_COLLEAGUES[place]))
            for place, name in enumerate(("one", "two"))
        ),
        strict=True,
    )
    shelf.put_back()

    assert reminded[0] ^ reminded[1] == {*TWO_CUSTOMERS, *TWO_COLLEAGUES}, "the letters themselves do differ"
    assert differing(*read) == []
    assert again[0] == again[1] == dict.fromkeys((*TWO_CUSTOMERS, *TWO_COLLEAGUES), 429)
