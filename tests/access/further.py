"""Where the table of places ends: what it has nothing of, and who is let in by the declaration and stopped further in."""

UNMADE = {
    *("comment_id", "queue_id", "parked_id", "answer_id", "evidence_id", "shift_id", "conflict_id", "reading_id"),
    *("session_id", "passkey_id", "benchmark_id", "trusted_key_id"),
}
"""Kinds that the organisation has nothing of, so that only what is not there can be asked for."""

FURTHER = {
    **dict.fromkeys(
        (
            "POST /focus/{subject_id}",
            "GET /api/v1/focus/{subject_id}",
            "POST /api/v1/focus/{subject_id}",
            "DELETE /api/v1/focus/{subject_id}/kpis/{kpi_id}",
        ),
        "a focus is a person's, not a unit's",
    ),
    "GET /kpis/{kpi_id}/value": "of one KPI, for who may read its card",
    "GET /api/v1/kpis/{kpi_id}/value": "of one KPI, for who may read its card",
    **dict.fromkeys(
        (
            "GET /api/v1/kpis/{kpi_id}/versions/{number}/changes",
            "GET /kpis/{kpi_id}/versions/{number}/changes",
        ),
        "the first version changes nothing",
    ),
    **dict.fromkeys(
        (
            "GET /admin/addresses/{person_id}/lift",
            "POST /admin/addresses/{person_id}/lift",
            "GET /api/v1/suppressions/{person_id}",
            "POST /api/v1/suppressions/{person_id}/lift",
            "POST /api/v1/suppressions",
        ),
        "no letter came back",
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/releases/{release_id}/competitors",
            "GET /api/v1/releases/{release_id}/competitors.csv",
        ),
        "there is no competitor",
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/releases/{release_id}/benchmark",
            "POST /api/v1/releases/{release_id}/benchmark",
            "GET /results/{release_id}/benchmark",
            "POST /results/{release_id}/benchmark",
        ),
        "a file is of a whole company, for who reads all of it",
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/releases/{release_id}/reliability/{kpi_id}",
            "GET /results/{release_id}/analysis/reliability",
            "PUT /api/v1/releases/{release_id}/assignment-answer",
        ),
        "only for who analyses all of the scope",
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/releases/{release_id}/subjects/{subject_id}/talk",
            "PUT /api/v1/releases/{release_id}/subjects/{subject_id}/talk",
            "POST /api/v1/releases/{release_id}/subjects/{subject_id}/talk/opening",
            "GET /results/{release_id}/subjects/{subject_id}/talk/edit",
            "POST /results/{release_id}/subjects/{subject_id}/talk/edit",
            "POST /results/{release_id}/subjects/{subject_id}/talk/open",
        ),
        "one talks with people, not with units",
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/visits/{visit_id}/evidence",
            "POST /api/v1/visits/{visit_id}/appeal",
        ),
        "before the report is accepted there is no visit for readers",
    ),
    **dict.fromkeys(
        (
            "GET /kpis/{kpi_id}/course/{subject_id}/accept",
            "POST /kpis/{kpi_id}/course/{subject_id}/accept",
            "POST /api/v1/kpis/{kpi_id}/courses/{subject_id}/shifts",
        ),
        "the course is shown, so it asks for reading it",
    ),
    **dict.fromkeys(
        (
            "GET /kpis/{kpi_id}/targets/new",
            "POST /kpis/{kpi_id}/targets/new",
        ),
        "a soft KPI has no goalposts",
    ),
    **dict.fromkeys(
        (
            "GET /results/{release_id}/analysis/notes/new",
            "POST /results/{release_id}/analysis/notes/new",
            "POST /api/v1/releases/{release_id}/score-notes",
        ),
        "the unit has no score of this KPI",
    ),
    "POST /admin/letters/{letter}/shown/{locale}/{kind}": "there is no such kind of letter",
    "POST /api/v1/conflicts": "two of a team are asked for by people",
    **dict.fromkeys(
        (
            "POST /api/v1/rounds/{round_id}/nominations",
            "DELETE /api/v1/nominations/{nomination_id}",
        ),
        "only the rated person proposes",
    ),
    **dict.fromkeys(
        (
            "POST /plans/{plan_id}/measure-again",
            "POST /api/v1/action-plans/{plan_id}/measure-again",
        ),
        "the plan is seen by readers only",
    ),
    "GET /api/v1/signing-key": "no key was made",
    **dict.fromkeys(
        (
            "GET /results/{release_id}/what-if/adopt",
            "POST /results/{release_id}/what-if/adopt",
            "POST /api/v1/releases/{release_id}/what-if/adoption",
        ),
        "what is adopted is read first",
    ),
    "POST /visits/{visit_id}/cancel": "who reads results there knows of no order",
    "POST /scorecards/edit": "the form says nothing of where",
    **dict.fromkeys(
        (
            "GET /api/v1/rounds/{round_id}/repetition",
            "PATCH /api/v1/rounds/{round_id}/repetition",
        ),
        "the round is not repeated",
    ),
}
"""Routes that may find nothing, or refuse, for a reason that lies in the object."""

FORM_FIRST = {
    "POST /api/v1/releases/{release_id}/what-if": "a question that holds nothing is no question",
    "POST /nominations/for/{round_id}/{subject_id}": "a proposal without a name is none",
    "POST /open-codes/{code_id}/parked/{answer_id}": "neither kept nor dropped",
    "POST /rounds/{round_id}/parked/{parked_id}": "neither kept nor dropped",
    "POST /visits/{visit_id}/decision": "neither upheld nor dismissed",
    "POST /visits/{visit_id}/return": "it says nothing of what is missing",
}
"""Routes that look at what was sent before they look for what it is about: so far nothing is read or said of it."""
