"""The six hard KPIs of Fjellbris: what is measured, and the goalposts for the whole company.

Plain mappings of the shape that the API takes. Answer time, meetings, sales and handling time come as values;
resolution and orders as numerator and denominator, shown per hundred.
"""

from collections.abc import Mapping

from app.demo.soft_kpis import Plain

HARD: Mapping[str, Plain] = {
    "phone-answer-time": {
        "goal": "service",
        "owner": "ingrid.solheim",
        "name": {"nb": "Svartid telefon", "en": "Phone answer time"},
        "purpose": {
            "nb": "Den som venter lenge, er misfornøyd før vi har sagt hei.",
            "en": "Whoever waits long is unhappy before we have said hello.",
        },
        "criterion": {
            "nb": "Halvparten av dem som ringer, får svar innen 45 sekunder.",
            "en": "Half of those who call get an answer within 45 seconds.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis svartiden er over 90 sekunder i to uker, endrer lederen for kundesenteret vaktplanen.",
                "en": "If the answer time is above 90 seconds for two weeks, the head of the customer centre changes the roster.",
            },
            "days": 5,
        },
        "unit": {"nb": "s", "en": "s"},
        "direction": "lower",
        "aggregation": "median",
        "target": {"floor": 180, "target": 45, "stretch": 20},
    },
    "first-contact-resolution": {
        "goal": "service",
        "owner": "ingrid.solheim",
        "name": {"nb": "Løst ved første kontakt", "en": "First-contact resolution"},
        "purpose": {
            "nb": "Den som må ringe to ganger, koster oss dobbelt og stoler mindre på oss.",
            "en": "Whoever has to call twice costs us double and trusts us less.",
        },
        "criterion": {
            "nb": "Tre av fire saker er løst uten at kunden må ta kontakt igjen.",
            "en": "Three of four cases are solved without the customer getting in touch again.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis andelen er under 65 % en måned, går teamlederne gjennom de vanligste sakene som kom tilbake.",
                "en": "If the share is below 65% for a month, the team leaders go through the commonest cases that came back.",
            },
            "days": 10,
        },
        "unit": {"nb": "%", "en": "%"},
        "direction": "higher",
        "aggregation": "ratio",
        "per": 100,
        "target": {"floor": 55, "target": 75, "stretch": 88},
    },
    "new-customer-meetings": {
        "goal": "sales",
        "owner": "magnus.ruud",
        "name": {
            "nb": "Møter med nye kunder per selger og uke",
            "en": "Meetings with new customers per salesperson and week",
        },
        "purpose": {
            "nb": "Uten møter blir det ingen nye kunder. Antallet styrer vi selv.",
            "en": "Without meetings there are no new customers. The number is in our own hands.",
        },
        "criterion": {
            "nb": "Hver selger møter seks nye kunder i uka.",
            "en": "Every salesperson meets six new customers a week.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis snittet er under fire i tre uker, frigjør salgslederen tid til oppsøkende salg.",
                "en": "If the mean is below four for three weeks, the head of sales frees time for prospecting.",
            },
            "days": 5,
        },
        "unit": {"nb": "møter", "en": "meetings"},
        "direction": "higher",
        "aggregation": "mean",
        "decimals": 1,
        "target": {"floor": 2, "target": 6, "stretch": 9},
    },
    "new-customer-sales": {
        "goal": "sales",
        "owner": "magnus.ruud",
        "name": {"nb": "Salg til nye kunder per måned", "en": "Sales to new customers per month"},
        "purpose": {
            "nb": "Viser om møtene ender i noe kunden vil ha.",
            "en": "Shows whether the meetings end in something the customer wants.",
        },
        "criterion": {
            "nb": "Hver selger selger for 300 000 kroner til nye kunder i måneden.",
            "en": "Every salesperson sells for NOK 300,000 to new customers a month.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis salget er under 200 to måneder på rad, velger salgslederen ett kundesegment å legge bort.",
                "en": "If sales are below 200 two months running, the head of sales picks one customer segment to drop.",
            },
            "days": 14,
        },
        "unit": {"nb": "1000 kr", "en": "NOK 1000"},
        "direction": "higher",
        "aggregation": "mean",
        "target": {"floor": 150, "target": 300, "stretch": 420},
    },
    "quote-to-order": {
        "goal": "sales",
        "owner": "magnus.ruud",
        "name": {"nb": "Tilbud som blir ordre", "en": "Quote-to-order rate"},
        "purpose": {
            "nb": "Mange tilbud uten ordre betyr at vi lover feil ting til feil kunde.",
            "en": "Many quotes without orders mean that we promise the wrong things to the wrong customers.",
        },
        "criterion": {
            "nb": "Hvert fjerde tilbud blir til en ordre.",
            "en": "Every fourth quote becomes an order.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis andelen er under 18 % en måned, leser teamlederen fem tapte tilbud sammen med selgeren.",
                "en": "If the share is below 18% for a month, the team leader reads five lost quotes with the salesperson.",
            },
            "days": 10,
        },
        "unit": {"nb": "%", "en": "%"},
        "direction": "higher",
        "aggregation": "ratio",
        "per": 100,
        "target": {"floor": 12, "target": 25, "stretch": 35},
    },
    "handling-time": {
        "goal": "service",
        "owner": "ingrid.solheim",
        "name": {"nb": "Behandlingstid per sak", "en": "Handling time per case"},
        "purpose": {
            "nb": "For kort tid gir halve løsninger, for lang tid gir kø.",
            "en": "Too short a time gives half solutions, too long a time gives a queue.",
        },
        "criterion": {
            "nb": "En sak tar mellom fire og sju minutter.",
            "en": "A case takes four to seven minutes.",
        },
        "decision_rule": {
            "text": {
                "nb": "Hvis tiden er utenfor området i to uker, ser teamlederen på hvilke saker som drar den ut.",
                "en": "If the time is outside the range for two weeks, the team leader looks at which cases move it.",
            },
            "days": 10,
        },
        "unit": {"nb": "min", "en": "min"},
        "direction": "in_range",
        "aggregation": "mean",
        "decimals": 1,
        "target": {"low": 2, "best_low": 4, "best_high": 7, "high": 12},
    },
}
