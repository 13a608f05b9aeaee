"""The service pack: how fast customers get an answer, and how they are met once they have one."""

from app.packs.values import Recipe, in_both, item, practice

COMPETENCES = {
    "meeting": in_both(("Å møte kunden", "Meeting customers")),
    "listening": in_both(("Å lytte", "Listening")),
    "explaining": in_both(("Å forklare", "Explaining")),
}
WELCOME = practice(
    "meeting",
    5,
    (
        "Øv på de første ti sekundene med en kollega, fem ganger: hils, si navnet ditt, still ett spørsmål. Bytt roller.",
        "Practise the first ten seconds with a colleague, five times: greet, say your name, ask one question. Swap.",
    ),
)
TONE = practice(
    "listening",
    10,
    (
        "Hør på to minutter av en samtale du har hatt. Noter tre ord kunden brukte, og si svaret ditt på nytt med dem.",
        "Listen to two minutes of a conversation you had. Note three words the customer used, and answer again with them.",
    ),
)
ANSWER_TIME = {
    "kind": "hard",
    "name": in_both(("Svartid", "Answer time")),
    "purpose": in_both(
        (
            "Den som venter lenge, er misfornøyd før noen har sagt hei.",
            "Whoever waits long is unhappy before anybody has said hello.",
        )
    ),
    "criterion": in_both(
        (
            "Halvparten av dem som tar kontakt, får svar innen 45 sekunder.",
            "Half of those who get in touch have an answer within 45 seconds.",
        )
    ),
    "decision_rule": {
        "text": in_both(
            (
                "Hvis svartiden er over 90 sekunder i to uker, endrer lederen vaktplanen.",
                "If the answer time is above 90 seconds for two weeks, the manager changes the roster.",
            )
        ),
        "days": 5,
    },
    "unit": in_both(("s", "s")),
    "direction": "lower",
    "aggregation": "median",
    "cadence": "week",
    "target": {"floor": 180, "target": 45, "stretch": 20},
}
FIRST_IMPRESSION = {
    "kind": "soft",
    "name": in_both(("Førsteinntrykk", "First impression")),
    "purpose": in_both(
        (
            "De første minuttene avgjør om kunden vil høre på oss. Det viser ingen logg.",
            "The first minutes decide whether the customer will listen to us. No log shows that.",
        )
    ),
    "criterion": in_both(
        (
            "Kunden er sett og vet hvem som hjelper, før saken begynner.",
            "The customer has been seen and knows who is helping before the case begins.",
        )
    ),
    "decision_rule": {
        "text": in_both(
            (
                "Hvis førsteinntrykket faller mer enn støyen, velger lederen ett av punktene og øver på det med teamet.",
                "If the first impression falls by more than noise, the manager picks one item and practises it with the team.",
            )
        ),
        "days": 10,
    },
    "rater_weights": {"customer": 40, "mystery_shopper": 30, "manager": 15, "colleague": 15, "self": 0},
    "items": [
        item(
            "welcome",
            ("Møtet", "Welcome"),
            ("Hvordan tar {name} imot kunden?", "How does {name} receive the customer?"),
            (
                ("Lar kunden vente uten et tegn", "Leaves the customer without a sign"),
                ("Hilser og sier navnet sitt", "Greets and gives own name"),
                (
                    "Hilser raskt, sier navn og viser med ett spørsmål at kunden er sett",
                    "Greets at once, gives name and shows with one question that the customer is seen",
                ),
            ),
            WELCOME,
        ),
        item(
            "tone",
            ("Tone", "Tone"),
            ("Hvordan snakker {name} med kunden?", "How does {name} speak with the customer?"),
            (
                ("Svarer med enstavelsesord", "Answers in single words"),
                ("Svarer i hele setninger med rolig stemme", "Answers in whole sentences with a calm voice"),
                ("Tilpasser tempo og ord til kunden", "Adapts pace and words to the customer"),
            ),
            TONE,
        ),
        item(
            "restating",
            ("Gjengivelse", "Restating"),
            (
                "Hva gjør {name} når kunden har sagt hva saken gjelder?",
                "What does {name} do once the customer has said what it is about?",
            ),
            (
                ("Begynner på en løsning straks", "Starts on a solution at once"),
                ("Stiller ett oppklarende spørsmål", "Asks one clarifying question"),
                (
                    "Gjentar saken med egne ord til kunden sier ja",
                    "Restates the case in own words until the customer says yes",
                ),
            ),
            practice(
                "listening",
                5,
                (
                    "La en kollega fortelle om en sak i ett minutt. Gjenta den i to setninger, til kollegaen sier ja.",
                    "Let a colleague describe a case for one minute. Restate it in two sentences until the colleague says yes.",
                ),
            ),
        ),
        item(
            "way-on",
            ("Veien videre", "The way on"),
            (
                "Hva får kunden vite om hva som skjer nå?",
                "What does the customer learn about what happens now?",
            ),
            (
                ("Avslutter uten å si hva som skjer", "Ends without saying what happens"),
                ("Sier hva som skjer", "Says what happens"),
                ("Sier hva som skjer, når og av hvem", "Says what happens, when and by whom"),
            ),
            practice(
                "explaining",
                5,
                (
                    "Skriv ned hva som skjer, når og av hvem for tre vanlige saker. Si hver av dem høyt i én setning.",
                    "Write what happens, when and by whom for three common cases. Say each aloud in one sentence.",
                ),
            ),
        ),
    ],
}
SERVICE = Recipe(
    name=in_both(("Service", "Service")),
    purpose=in_both(
        (
            "For alle som svarer kunder: hvor fort de får svar, og hvordan de blir møtt.",
            "For everybody who answers customers: how fast they get an answer, and how they are met.",
        )
    ),
    kpis=(ANSWER_TIME, FIRST_IMPRESSION),
    competences=COMPETENCES,
)
