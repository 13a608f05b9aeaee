"""The sales pack: how often new customers are met, and what happens when they object."""

from app.packs.values import Recipe, in_both, item, practice

COMPETENCES = {
    "listening": in_both(("Å lytte", "Listening")),
    "arguing": in_both(("Å argumentere", "Making the case")),
    "agreeing": in_both(("Å avtale neste steg", "Agreeing on the next step")),
}
REPLY = practice(
    "arguing",
    10,
    (
        "Skriv ned de tre innvendingene du hører oftest. Si for hver: en anerkjennelse, ett spørsmål, ett eksempel.",
        "Write down the three objections you hear most. Say for each: an acknowledgement, one question, one example.",
    ),
)
NEXT_STEP = practice(
    "agreeing",
    5,
    (
        "Øv på siste setning: foreslå en dag og et klokkeslett, og vent på svaret. Fem ganger med en kollega.",
        "Practise the last sentence: propose a day and an hour, and wait for the answer. Five times with a colleague.",
    ),
)
MEETINGS = {
    "kind": "hard",
    "name": in_both(("Møter med nye kunder", "Meetings with new customers")),
    "purpose": in_both(
        (
            "Uten møter blir det ingen nye kunder, hvor gode tilbudene enn er.",
            "Without meetings there are no new customers, however good the offers are.",
        )
    ),
    "criterion": in_both(
        (
            "Hver selger møter seks nye kunder i uken.",
            "Each salesperson meets six new customers a week.",
        )
    ),
    "decision_rule": {
        "text": in_both(
            (
                "Hvis snittet er under fire i tre uker, setter salgslederen av en fast halvdag til å avtale møter.",
                "If the mean is below four for three weeks, the head of sales sets aside half a day to arrange meetings.",
            )
        ),
        "days": 10,
    },
    "unit": in_both(("per uke", "a week")),
    "direction": "higher",
    "aggregation": "mean",
    "cadence": "week",
    "rollup": "mean",
    "decimals": 1,
    "target": {"floor": 2, "target": 6, "stretch": 9},
}
OBJECTIONS = {
    "kind": "soft",
    "name": in_both(("Innvendinger", "Objection handling")),
    "purpose": in_both(
        (
            "Mange salg ryker på den første innvendingen. Her ser vi hva som skjer da.",
            "Many sales are lost at the first objection. Here we see what happens then.",
        )
    ),
    "criterion": in_both(
        (
            "Kunden har fått svar på det som lå bak innvendingen, og vet hva som skjer videre.",
            "The customer has an answer to what lay behind the objection, and knows what happens next.",
        )
    ),
    "decision_rule": {
        "text": in_both(
            (
                "Hvis KPI\u2011en ligger under 60 etter en runde, blir salgslederen med på to samtaler hos hver selger.",
                "If the KPI is below 60 after a round, the head of sales joins two conversations of each salesperson.",
            )
        ),
        "days": 14,
    },
    "rater_weights": {"mystery_shopper": 35, "manager": 35, "colleague": 30, "self": 0},
    "items": [
        item(
            "reply",
            ("Svar", "Reply"),
            ("Hva gjør {name} når kunden kommer med en innvending?", "What does {name} do when the customer objects?"),
            (
                ("Argumenterer imot eller gir rabatt straks", "Argues or discounts at once"),
                ("Svarer saklig", "Answers factually"),
                (
                    "Anerkjenner, finner årsaken og svarer med et treffende eksempel",
                    "Acknowledges, finds the cause, answers with a fitting example",
                ),
            ),
            REPLY,
        ),
        item(
            "cause",
            ("Årsaken", "The cause"),
            (
                "Hvordan finner {name} ut hva som ligger bak innvendingen?",
                "How does {name} find out what lies behind the objection?",
            ),
            (
                ("Går videre uten å spørre", "Goes on without asking"),
                ("Spør hvorfor", "Asks why"),
                (
                    "Spør til kunden har sagt hva som skal til",
                    "Asks until the customer has said what it would take",
                ),
            ),
            practice(
                "listening",
                10,
                (
                    "La en kollega spille kunde med en skjult grunn. Finn den med tre spørsmål som begynner med hva eller hvordan.",
                    "Let a colleague play a customer with a hidden reason. Find it in three questions that begin with what or how.",
                ),
            ),
        ),
        item(
            "evidence",
            ("Belegg", "Evidence"),
            ("Hva bygger {name} svaret sitt på?", "What does {name} base the answer on?"),
            (
                ("Gjentar det som er sagt før", "Repeats what was said before"),
                ("Viser til egenskaper ved produktet", "Refers to features of the product"),
                (
                    "Viser til en kunde i samme situasjon med tall",
                    "Refers to a customer in the same situation, with figures",
                ),
            ),
            practice(
                "arguing",
                10,
                (
                    "Skriv én historie om en kunde i tre setninger: utgangspunktet, hva som ble gjort, tallet etterpå.",
                    "Write one story of a customer in three sentences: the start, what was done, the figure afterwards.",
                ),
            ),
        ),
        item(
            "next-step",
            ("Neste steg", "Next step"),
            ("Hvordan avslutter {name} samtalen?", "How does {name} end the conversation?"),
            (
                ("Samtalen dør ut", "The conversation fades"),
                ("Foreslår oppfølging", "Suggests follow-up"),
                ("Avtaler steg med dato", "Agrees a step with a date"),
            ),
            NEXT_STEP,
        ),
    ],
}
SALES = Recipe(
    name=in_both(("Salg", "Sales")),
    purpose=in_both(
        (
            "For alle som selger: hvor ofte de møter nye kunder, og hva som skjer når kunden nøler.",
            "For everybody who sells: how often they meet new customers, and what happens when a customer hesitates.",
        )
    ),
    kpis=(MEETINGS, OBJECTIONS),
    competences=COMPETENCES,
)
