"""What letters are written from in the tests: parameters of every kind of letter."""

from typing import Any

from app.mail.values import Letter

PROMISE = {"rater_group": "colleague", "mode": "confidential", "k": 3, "name": ""}
ASKING: dict[str, Any] = {
    "organisation": "Fjellbris Varme & Service AS",
    "asked_by": "Amir Haddad",
    "round_name": "Team Nord, 4. kvartal",
    "purpose": "Vi vil vite hvordan samspillet i Team Nord fungerer.",
    "subjects": ["Sofie Berg", "Thea Vik", "Omar Said"],
    "more": 0,
    "count": 3,
    "questions": 2,
    "minutes": 3,
    "closes_at": "2026-11-27T15:00:00+00:00",
    "promises": [PROMISE],
    "promise": "4f9c 21ab",
}
NOON = "2026-11-23T11:00:00+00:00"
PLACE = {"subject_name": "Butikk Bergen", "from_on": "2026-11-23", "until_on": "2026-11-27"}
PARAMETERS: dict[Letter, dict[str, Any]] = {
    Letter.INVITATION: ASKING,
    Letter.REMINDER: ASKING,
    Letter.SIGN_IN: {"expires_at": "2026-11-23T09:30:00+00:00"},
    Letter.DEPUTY: {"manager": "Amir Haddad", "from_at": NOON, "until_at": NOON},
    Letter.NOMINATION_CALL: {"asked_by": "Amir", "round_name": "Nord", "until_at": NOON},
    Letter.NOMINATIONS_WAITING: {"count": 2},
    Letter.RELEASE_READY: {"round_name": "Team Nord, 4. kvartal"},
    Letter.DOSSIER_REVIEW: {"dossier_name": "Kundebesøk", "review_on": "2026-12-07", "is_due": False},
    Letter.VISIT_ORDER: {**PLACE, "task": "Spør om en varmepumpe.", "band": "afternoon", "note": ""},
    Letter.VISIT_READY: {**PLACE, "visited_on": "2026-11-23", "until_at": "2026-12-07T15:00:00+00:00", "outcome": ""},
    Letter.CASE_WAITING: {},
    Letter.DECISIONS_WAITING: {"count": 2, "late": 1},
    Letter.SIGN_IN_RESET: {"reason": "Telefonen er mistet.", "reset_at": NOON},
    Letter.WE_DID: {
        "subject_name": "Team Nord",
        "kpi_name": "Førsteinntrykk",
        "heard": "Kunder blir ikke møtt ved døra.",
        "did": "To av oss står nå ved inngangen.",
    },
    Letter.ROUND_AHEAD: {
        "round_name": "Team Nord, 1. kvartal 2027",
        "opens_at": NOON,
        "starts_itself": True,
        "what": "start",
        "problems": [["Choose at least one KPI to ask about.", {}]],
    },
}
