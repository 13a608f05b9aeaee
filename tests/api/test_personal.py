"""What is for one person alone: a key stands for nobody, and who is signed in sees his own and nothing else."""

from tests.api.walk import walk
from tests.served import ONE_DATABASE, Served


@ONE_DATABASE
def test_what_is_for_a_person_alone_is_refused_to_every_key(served: Served) -> None:
    client, browser = served.with_key(), served.signed_in("manager")
    personal = [one for one in walk(served) if one.scope is None and not one.is_open]
    assert {one.name for one in personal} == {"list_recovery_cases", "get_recovery_case", "close_recovery_case"}
    for one in personal:
        refused = client.request(one.method, one.path(), json=one.example)
        assert (refused.status_code, refused.json()["code"]) == (403, "person_wanted"), one.name
        found = browser.request(one.method, one.path(), json=one.example)
        assert found.status_code == (200 if one.name == "list_recovery_cases" else 404), f"{one.name} {found.text}"
