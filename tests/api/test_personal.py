"""What is for one person alone: a key stands for nobody, and who is signed in sees his own and nothing else."""

from tests.api.walk import walk
from tests.served import ONE_DATABASE, Served

# What a manager without a case, who moderates nobody, is answered.
FOUND = {
    "list_recovery_cases": 200,
    "get_recovery_case": 404,
    "close_recovery_case": 404,
    "list_comment_queues": 403,
    "get_comment_queue": 403,
    "get_open_comment_queue": 403,
    "rule_on_comment": 403,
    "list_what_is_held": 200,
    "list_own_passkeys": 200,
    "remove_own_passkey": 404,
    "acknowledge_summary": 404,
    "sign_talk": 404,
    "propose_focus": 404,
    "withdraw_focus": 404,
}


@ONE_DATABASE
def test_what_is_for_a_person_alone_is_refused_to_every_key(served: Served) -> None:
    client, browser = served.with_key(), served.signed_in("manager")
    personal = [one for one in walk(served) if one.is_personal]
    assert {one.name for one in personal} == FOUND.keys()
    for one in personal:
        refused = client.request(one.method, one.path(), json=one.example)
        assert (refused.status_code, refused.json()["code"]) == (403, "person_wanted"), one.name
        found = browser.request(one.method, one.path(), json=one.example)
        assert found.status_code == FOUND[one.name], f"{one.name} {found.text}"
