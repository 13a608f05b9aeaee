"""The teamwork pack: how colleagues share what they know, relieve each other and keep what they have agreed."""

from app.packs.values import Recipe, in_both, item, practice

COMPETENCES = {
    "sharing": in_both(("Å dele kunnskap", "Sharing know-how")),
    "cooperating": in_both(("Å samarbeide", "Working together")),
}
SHARING = practice(
    "sharing",
    10,
    (
        "Skriv ned ett råd du har gitt muntlig denne uken, og legg det der alle finner det.",
        "Write down one piece of advice you gave aloud this week, and put it where everybody finds it.",
    ),
)
RELIEF = practice(
    "cooperating",
    5,
    (
        "Spør to kolleger hva som haster mest i dag. Ta én oppgave som tar under en halvtime.",
        "Ask two colleagues what is most urgent today. Take one task that needs less than half an hour.",
    ),
)
TEAM = {
    "kind": "soft",
    "name": in_both(("Samspill", "Teamwork")),
    "purpose": in_both(
        (
            "Kunder merker om vi spiller hverandre gode. Det står ikke i noe system.",
            "Customers notice whether we make each other better. No system shows it.",
        )
    ),
    "criterion": in_both(
        (
            "Det én kan, kan flere, og ingen står alene når det haster.",
            "What one knows, several know, and nobody is alone when it is urgent.",
        )
    ),
    "decision_rule": {
        "text": in_both(
            (
                "Hvis samspillet faller mer enn støyen, tar lederen det opp på neste møte, og teamet velger ett punkt.",
                "If teamwork falls by more than noise, the manager raises it at the next meeting, and the team picks one item.",
            )
        ),
        "days": 10,
    },
    "rater_weights": {"colleague": 60, "manager": 40, "self": 0},
    "items": [
        item(
            "sharing",
            ("Deling", "Sharing"),
            ("Hva gjør {name} med kunnskapen sin?", "What does {name} do with know-how?"),
            (
                ("Holder kunnskap for seg selv", "Keeps know-how"),
                ("Svarer når noen spør", "Answers when asked"),
                ("Deler uoppfordret og skriver det ned", "Shares unasked and writes it down"),
            ),
            SHARING,
        ),
        item(
            "relief",
            ("Avlastning", "Relief"),
            ("Hva gjør {name} når kolleger har det travelt?", "What does {name} do when colleagues are busy?"),
            (
                ("Ser travle kolleger uten å hjelpe", "Watches busy colleagues"),
                ("Hjelper på oppfordring", "Helps on request"),
                ("Tilbyr hjelp i tide uten å slippe egne saker", "Offers help in time without dropping own cases"),
            ),
            RELIEF,
        ),
        item(
            "agreements",
            ("Avtaler", "Agreements"),
            (
                "Hva gjør {name} med det teamet har avtalt?",
                "What does {name} do about what the team has agreed?",
            ),
            (
                ("Gjør noe annet uten å si fra", "Does something else without a word"),
                ("Gjør det etter en påminnelse", "Does it after a reminder"),
                ("Gjør det til avtalt tid eller varsler i forkant", "Does it on time or warns beforehand"),
            ),
            practice(
                "cooperating",
                5,
                (
                    "Gå gjennom det du har lovet denne uken. Gjør én ting ferdig, og varsle nå om den som blir forsinket.",
                    "Go through what you promised this week. Finish one thing, and warn now about the one that will be late.",
                ),
            ),
        ),
    ],
}
TEAMWORK = Recipe(
    name=in_both(("Samspill", "Teamwork")),
    purpose=in_both(
        (
            "For alle som arbeider sammen: hvordan de deler, avlaster hverandre og holder det de avtaler.",
            "For everybody who works together: how they share, relieve each other and keep what they agree.",
        )
    ),
    kpis=(TEAM,),
    competences=COMPETENCES,
)
