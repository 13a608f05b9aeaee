"""What helps the people of Fjellbris to get better at each item: competences, exercises, and something to learn from.

Where a pack has the same item, its exercise is that of the pack.
"""

from collections.abc import Mapping

from app.demo.soft_kpis import Plain, in_both
from app.packs.sales import NEXT_STEP, REPLY
from app.packs.service import TONE, WELCOME
from app.packs.teamwork import RELIEF, SHARING
from app.packs.values import practice

COMPETENCES: Mapping[str, Plain] = {
    "meeting": in_both(("Å møte kunden", "Meeting customers")),
    "listening": in_both(("Å lytte", "Listening")),
    "arguing": in_both(("Å argumentere", "Making the case")),
    "agreeing": in_both(("Å avtale neste steg", "Agreeing on the next step")),
    "following-up": in_both(("Å følge opp", "Following up")),
    "sharing": in_both(("Å dele kunnskap", "Sharing know-how")),
    "cooperating": in_both(("Å samarbeide", "Working together")),
    "coaching": in_both(("Å gi tilbakemelding", "Giving feedback")),
}
_COURSE = {
    "title": in_both(("Film: en sak fra start til slutt", "Film: a case from start to end")),
    "url": "https://kurs.fjellbris.example/sak",
}
PRACTICE: Mapping[str, Mapping[str, Plain]] = {
    "first-impression": {"welcome": WELCOME, "tone": TONE},
    "needs-discovery": {
        "questions": practice(
            "listening",
            10,
            (
                "Skriv fem spørsmål som begynner med hva, hvordan eller når. Bruk to av dem i neste samtale.",
                "Write five questions that begin with what, how or when. Use two of them in the next conversation.",
            ),
        ),
        "listening": practice(
            "listening",
            5,
            (
                "Tell til to før du svarer, i tre samtaler på rad. Noter hva kunden la til.",
                "Count to two before you answer, in three conversations in a row. Note what the customer added.",
            ),
        ),
    },
    "objection-handling": {"reply": REPLY, "next-step": NEXT_STEP},
    "case-ownership": {
        "responsibility": {
            **practice(
                "following-up",
                10,
                (
                    "Ta tre åpne saker. Skriv for hver: hvem eier den nå, hva skjer neste gang, når hører kunden fra oss.",
                    "Take three open cases. Write for each: who owns it now, what happens next, when the customer hears from us.",
                ),
            ),
            "resource": _COURSE,
        },
        "promises": practice(
            "following-up",
            5,
            (
                "Gå gjennom fristene for i morgen. Ring den ene kunden som vil vente lenger enn lovet.",
                "Go through the deadlines of tomorrow. Call the one customer who will wait longer than promised.",
            ),
        ),
    },
    "teamwork": {"sharing": SHARING, "relief": RELIEF},
    "coaching": {
        "feedback": practice(
            "coaching",
            10,
            (
                "Skriv én tilbakemelding i tre setninger: situasjonen, det du så, avtalen. Gi den samme dag.",
                "Write one piece of feedback in three sentences: the situation, what you saw, the agreement. Give it today.",
            ),
        ),
        "follow-up": practice(
            "following-up",
            5,
            (
                "Åpne de siste avtalene med én medarbeider. Sett en dag for å se på hver av dem.",
                "Open the latest agreements with one employee. Set a day to look at each of them.",
            ),
        ),
    },
}
