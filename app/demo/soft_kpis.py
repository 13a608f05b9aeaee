"""The six soft KPIs of Fjellbris: what raters are asked, with the wording of three points of each item.

Plain mappings of the shape that the API takes; pairs of texts are bokmål and English. `{name}` in a question stands
for whoever is rated.
"""

from collections.abc import Mapping
from typing import Any

Plain = dict[str, Any]
Pair = tuple[str, str]


def in_both(pair: Pair) -> Plain:
    """A text in both languages."""
    return {"nb": pair[0], "en": pair[1]}


def _item(code: str, name: Pair, question: Pair, low: Pair, middle: Pair, high: Pair) -> Plain:
    """An item with anchors at 1, 3 and 5; the scale is filled in when it is known."""
    return {
        "code": code,
        "name": in_both(name),
        "question": in_both(question),
        "anchors": {"1": in_both(low), "3": in_both(middle), "5": in_both(high)},
    }


SOFT: Mapping[str, Plain] = {
    "first-impression": {
        "goal": "service",
        "owner": "ingrid.solheim",
        "name": {"nb": "Førsteinntrykk", "en": "First impression"},
        "purpose": {
            "nb": "De første minuttene avgjør om kunden vil høre på oss. Det viser ingen logg.",
            "en": "The first minutes decide whether the customer will listen to us. No log shows that.",
        },
        "criterion": {
            "nb": "Kunden er sett og vet hvem som hjelper, før saken begynner.",
            "en": "The customer has been seen and knows who is helping before the case begins.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis førsteinntrykket faller mer enn støyen, velger teamlederen ett av de to punktene og øver på det.",
                "en": "If the first impression falls by more than noise, the team leader picks one of the two items to practise.",
            },
            "days": 10,
        },
        "rater_weights": {"customer": 40, "mystery_shopper": 30, "manager": 15, "colleague": 15, "self": 0},
        "items": [
            _item(
                "welcome",
                ("Møtet", "Welcome"),
                ("Hvordan tar {name} imot kunden?", "How does {name} receive the customer?"),
                ("Lar kunden vente uten et tegn", "Leaves the customer without a sign"),
                ("Hilser og sier navnet sitt", "Greets and gives own name"),
                (
                    "Hilser raskt, sier navn og viser med ett spørsmål at kunden er sett",
                    "Greets at once, gives name and shows with one question that the customer is seen",
                ),
            ),
            _item(
                "tone",
                ("Tone", "Tone"),
                ("Hvordan snakker {name} med kunden?", "How does {name} speak with the customer?"),
                ("Kort og uinteressert", "Curt"),
                ("Vennlig og tydelig", "Friendly and clear"),
                ("Tilpasser tempo og ord til kunden", "Adapts pace and words"),
            ),
        ],
    },
    "needs-discovery": {
        "goal": "sales",
        "owner": "magnus.ruud",
        "name": {"nb": "Behovsavklaring", "en": "Needs discovery"},
        "purpose": {
            "nb": "Et tilbud treffer bare når vi vet hva kunden trenger.",
            "en": "An offer fits only when we know what the customer needs.",
        },
        "criterion": {
            "nb": "Behovet er sagt høyt, og kunden kjenner det igjen.",
            "en": "The need has been said aloud, and the customer recognises it.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis KPI\u2011en ligger under 60 etter en runde, velger salgslederen to samtaler å høre på sammen med selgeren.",
                "en": "If the KPI is below 60 after a round, the head of sales picks two conversations to review with the salesperson.",
            },
            "days": 14,
        },
        "rater_weights": {"customer": 40, "mystery_shopper": 30, "manager": 30, "self": 0},
        "items": [
            _item(
                "questions",
                ("Spørsmål", "Questions"),
                ("Hvordan finner {name} ut hva kunden trenger?", "How does {name} find out what the customer needs?"),
                ("Foreslår uten å spørre", "Proposes without asking"),
                ("Stiller noen åpne spørsmål", "Asks some open questions"),
                (
                    "Spør til behovet er klart og gjentar det med egne ord",
                    "Asks until the need is clear and restates it",
                ),
            ),
            _item(
                "listening",
                ("Lytting", "Listening"),
                ("Hva gjør {name} mens kunden forteller?", "What does {name} do while the customer is talking?"),
                ("Avbryter", "Interrupts"),
                ("Lar kunden snakke ut", "Lets the customer finish"),
                ("Bygger neste spørsmål på svaret", "Builds the next question on the answer"),
            ),
        ],
    },
    "objection-handling": {
        "goal": "sales",
        "owner": "magnus.ruud",
        "name": {"nb": "Innvendinger", "en": "Objection handling"},
        "purpose": {
            "nb": "Mange salg ryker på den første innvendingen. Her ser vi hva som skjer da.",
            "en": "Many sales are lost at the first objection. Here we see what happens then.",
        },
        "criterion": {
            "nb": "Innvendingen er forstått og besvart, og neste steg er avtalt.",
            "en": "The objection has been understood and answered, and the next step is agreed.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis KPI\u2011en ligger under 60 etter en runde, avtaler teamlederen øving på én innvending med selgeren.",
                "en": "If the KPI is below 60 after a round, the team leader agrees with the salesperson to practise one objection.",
            },
            "days": 14,
        },
        "rater_weights": {"mystery_shopper": 35, "manager": 35, "colleague": 30, "self": 0},
        "items": [
            _item(
                "reply",
                ("Svar", "Reply"),
                (
                    "Hva gjør {name} når kunden kommer med en innvending?",
                    "What does {name} do when the customer objects?",
                ),
                ("Argumenterer imot eller gir rabatt straks", "Argues or discounts at once"),
                ("Svarer saklig", "Answers factually"),
                (
                    "Anerkjenner, finner årsaken og svarer med et treffende eksempel",
                    "Acknowledges, finds the cause, answers with a fitting example",
                ),
            ),
            _item(
                "next-step",
                ("Neste steg", "Next step"),
                ("Hvordan avslutter {name} samtalen?", "How does {name} end the conversation?"),
                ("Samtalen dør ut", "Talk fades"),
                ("Foreslår oppfølging", "Suggests follow-up"),
                ("Avtaler steg med dato", "Agrees a step with a date"),
            ),
        ],
    },
    "case-ownership": {
        "goal": "service",
        "owner": "ingrid.solheim",
        "name": {"nb": "Eierskap til saken", "en": "Case ownership"},
        "purpose": {
            "nb": "Kunden skal slippe å lete etter den som har ansvaret.",
            "en": "The customer should not have to look for the one who is responsible.",
        },
        "criterion": {
            "nb": "Kunden vet hvem som har saken og når neste beskjed kommer.",
            "en": "The customer knows who has the case and when to hear next.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis KPI\u2011en ligger under 60 etter en runde, går teamlederen gjennom tre saker med medarbeideren.",
                "en": "If the KPI is below 60 after a round, the team leader goes through three cases with the employee.",
            },
            "days": 10,
        },
        "rater_weights": {"customer": 40, "manager": 30, "colleague": 30, "self": 0},
        "items": [
            _item(
                "responsibility",
                ("Ansvar", "Responsibility"),
                ("Hva gjør {name} med en sak som kommer inn?", "What does {name} do with a case that comes in?"),
                ("Sender kunden videre uten forklaring", "Passes the customer on unexplained"),
                ("Finner rett person", "Finds the right person"),
                (
                    "Følger saken til den er løst og sier hva som skjer når",
                    "Stays until solved and says what happens when",
                ),
            ),
            _item(
                "promises",
                ("Løfter", "Promises"),
                ("Hva skjer med frister {name} har gitt?", "What happens to the deadlines {name} has given?"),
                ("Frister ryker uten beskjed", "Deadlines slip silently"),
                ("Holder de fleste", "Mostly kept"),
                ("Holder fristen eller varsler i forkant", "Kept, or warned of beforehand"),
            ),
        ],
    },
    "teamwork": {
        "goal": "team",
        "owner": "ragnhild.torp",
        "name": {"nb": "Samspill", "en": "Teamwork"},
        "purpose": {
            "nb": "Det en av oss kan, skal alle ha nytte av.",
            "en": "What one of us knows should help all of us.",
        },
        "criterion": {
            "nb": "Kolleger finner kunnskapen og får hjelp i tide.",
            "en": "Colleagues find the know-how and get help in time.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis KPI\u2011en faller mer enn støyen, tar teamlederen opp ett punkt på neste teammøte.",
                "en": "If the KPI falls by more than noise, the team leader takes up one item at the next team meeting.",
            },
            "days": 14,
        },
        "rater_weights": {"colleague": 60, "manager": 40, "self": 0},
        "items": [
            _item(
                "sharing",
                ("Deling", "Sharing"),
                ("Hva gjør {name} med kunnskapen sin?", "What does {name} do with know-how?"),
                ("Holder kunnskap for seg selv", "Keeps know-how"),
                ("Svarer når noen spør", "Answers when asked"),
                ("Deler uoppfordret og skriver det ned", "Shares unasked and writes it down"),
            ),
            _item(
                "relief",
                ("Avlastning", "Relief"),
                ("Hva gjør {name} når kolleger har det travelt?", "What does {name} do when colleagues are busy?"),
                ("Ser travle kolleger uten å hjelpe", "Watches busy colleagues"),
                ("Hjelper på oppfordring", "Helps on request"),
                (
                    "Tilbyr hjelp i tide uten å slippe egne saker",
                    "Offers help in time without dropping own cases",
                ),
            ),
        ],
    },
    "coaching": {
        "goal": "team",
        "owner": "ragnhild.torp",
        "name": {"nb": "Coaching", "en": "Coaching"},
        "purpose": {
            "nb": "Tilbakemelding virker når den kommer raskt og blir fulgt opp.",
            "en": "Feedback works when it comes promptly and is followed up.",
        },
        "criterion": {
            "nb": "Medarbeideren vet hva som er avtalt, og når det måles igjen.",
            "en": "The employee knows what was agreed and when it is measured again.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis KPI\u2011en ligger under 60 etter en runde, avtaler nærmeste leder ett tiltak med lederen.",
                "en": "If the KPI is below 60 after a round, the leader's own manager agrees one action with the leader.",
            },
            "days": 20,
        },
        "rater_weights": {"direct_report": 70, "manager": 30, "self": 0},
        "items": [
            _item(
                "feedback",
                ("Tilbakemelding", "Feedback"),
                ("Hvordan gir {name} tilbakemelding?", "How does {name} give feedback?"),
                ("Sjelden eller generell", "Rare or general"),
                ("Jevnlig", "Regular"),
                (
                    "Rask, knyttet til en konkret situasjon, ender i en avtale",
                    "Prompt, about one situation, ends in an agreement",
                ),
            ),
            _item(
                "follow-up",
                ("Oppfølging", "Follow-up"),
                ("Hva gjør {name} med det som er avtalt?", "What does {name} do about what was agreed?"),
                ("Avtaler glemmes", "Forgotten"),
                ("Følges delvis opp", "Partly done"),
                ("Følges opp på dato med ny måling", "Done on the date with a new measurement"),
            ),
        ],
    },
}
