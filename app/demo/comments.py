"""What raters wrote at Fjellbris, by whom it is about, rater group and item. Everything is invented."""

from collections.abc import Mapping

from app.kpis.values import RaterGroup

CUSTOMER, SHOPPER = RaterGroup.CUSTOMER, RaterGroup.MYSTERY_SHOPPER
MANAGER, COLLEAGUE = RaterGroup.MANAGER, RaterGroup.COLLEAGUE
REPORT, SELF = RaterGroup.DIRECT_REPORT, RaterGroup.SELF

COMMENTS: Mapping[str, Mapping[tuple[RaterGroup, str], tuple[str, ...]]] = {
    "sofie.berg": {
        (CUSTOMER, "first-impression.welcome"): (
            "Fikk svar med navn med en gang, og hun visste hvilken pumpe jeg hadde før jeg rakk å finne papirene.",
            "Hyggelig fra første sekund. Jeg følte meg ikke som en sak i køen.",
            "She asked how cold it was in the house before anything else. That told me she was listening.",
            "Måtte vente litt, men hun sa fra at hun så meg.",
        ),
        (CUSTOMER, "first-impression.tone"): (
            "Forklarte rolig uten fremmedord.",
            "Very patient with my Norwegian.",
            "God tone, også da jeg var irritert.",
        ),
        (CUSTOMER, "case-ownership.promises"): (
            "Ringte tilbake dagen etter, slik hun sa.",
            "Montøren kom en uke senere enn avtalt, og det fikk jeg ikke vite før jeg ringte selv.",
            "Hadde vært fint med en melding når fristen flyttet seg.",
        ),
        (SHOPPER, "first-impression.welcome"): (
            "Svarte på andre ring, sa navn og spurte hva det gjaldt. Spurte ikke om jeg var kunde fra før.",
            "Greeted within seconds. The question that shows the customer is seen came late in the call.",
        ),
        (MANAGER, "first-impression.welcome"): (
            "Lytt på åpningen i tre samtaler i uka. Du er best når du spør først.",
        ),
        (MANAGER, "case-ownership.promises"): ("Si fra før fristen ryker. Det er det ene jeg vil du øver på nå.",),
        (MANAGER, "teamwork.sharing"): ("Oppskriften din på tining brukes av hele teamet.",),
        (SELF, "case-ownership.promises"): ("Jeg mister oversikten når montasje flytter en dato.",),
    },
    "jonas.eide": {
        (CUSTOMER, "needs-discovery.questions"): (
            "Ville vite hvordan vi bruker huset, ikke bare hvor mange kvadratmeter det er.",
            "He drew the rooms while we talked. Good questions.",
            "Spurte mye og husket svarene.",
        ),
        (CUSTOMER, "needs-discovery.listening"): (
            "Lot meg snakke ferdig.",
            "Han hadde svaret klart litt for fort et par ganger.",
            "Fint at han gjentok det jeg hadde sagt før han foreslo noe.",
        ),
        (SHOPPER, "objection-handling.reply"): (
            "Da jeg sa at prisen var høy, kom rabatten før spørsmålet om hva jeg sammenlignet med.",
            "Argued with the running costs when I mentioned the neighbour's bad experience.",
            "Rolig svar om støy, med et eksempel fra en annen kunde. Det hjalp.",
        ),
        (SHOPPER, "objection-handling.next-step"): (
            "Jeg skulle høre fra ham. Ingen dato.",
            "The talk ended with 'just call me'.",
        ),
        (COLLEAGUE, "objection-handling.next-step"): (
            "Vi går ofte fra kunden uten å ha avtalt neste gang.",
            "He is great at opening. Let us agree who books the follow-up before we leave.",
            "Når det kommer en innvending, går han fort over på pris.",
        ),
        (MANAGER, "objection-handling.reply"): ("Spør én gang til før du svarer. Vi øver på prisinnvendingen sammen.",),
        (MANAGER, "needs-discovery.questions"): ("Gode åpne spørsmål. Skriv ned behovet med kundens ord.",),
    },
    "amir.haddad": {
        (REPORT, "coaching.feedback"): (
            "Kort og konkret, som oftest samme dag.",
            "I know what to try next after every talk.",
            "Gjerne oftere når det går bra, ikke bare når noe har skåret seg.",
        ),
        (MANAGER, "coaching.follow-up"): ("Du følger opp. Få med tallet fra forrige gang også.",),
    },
    "lars.moen": {
        (MANAGER, "case-ownership.responsibility"): (
            "Tre saker ble sendt videre uten beskjed dette kvartalet. La oss se på dem.",
        ),
        (CUSTOMER, "case-ownership.responsibility"): (
            "Ble satt over to ganger før noen tok saken.",
            "Til slutt ordnet han alt, men det tok tid å skjønne hvem som hadde ansvaret.",
            "Fine to talk to. I had to repeat the whole story to the next person.",
        ),
        (COLLEAGUE, "teamwork.sharing"): (
            "Alltid klar med et svar.",
            "Skrev veilederen om filterbytte som alle bruker.",
            "Asks good questions in the team chat, and answers them too.",
        ),
    },
    "thea.vik": {
        (MANAGER, "case-ownership.promises"): ("Ingen brutte frister i kvartalet. Del listen din med de andre.",),
        (CUSTOMER, "case-ownership.promises"): (
            "Holdt det hun lovet, og sendte bilde av delen som var bestilt.",
            "Fikk beskjed to dager før om at tiden måtte flyttes.",
            "Kept me posted without me having to ask.",
        ),
    },
    "omar.said": {
        (MANAGER, "first-impression.tone"): ("Your cases are solid. Slow down in the first minute.",),
        (CUSTOMER, "first-impression.tone"): (
            "Litt travel i starten, veldig grei etterpå.",
            "Polite, but I felt rushed.",
            "Kort i tonen, god hjelp.",
        ),
    },
    "elias.dahl": {(MANAGER, "teamwork.relief"): ("Tilby hjelp før noen spør. Mandager er et fint sted å begynne.",)},
    "mina.olsen": {
        (MANAGER, "first-impression.welcome"): ("Jeg bruker samtalene dine når vi lærer opp nye.",),
        (CUSTOMER, "first-impression.welcome"): (
            "Som å snakke med en nabo som kan varmepumper.",
            "Hun smilte gjennom telefonen.",
            "Best service I have had from any company in Bergen.",
            "Visste hvem jeg var og hva jeg ringte om sist.",
        ),
    },
    "oda.strand": {
        (MANAGER, "first-impression.welcome"): ("Ventetiden er ikke din feil, men si at du ser at de venter.",),
        (CUSTOMER, "first-impression.welcome"): (
            "Satt lenge uten å vite om noen var der.",
            "Took a while before she said her name.",
            "Grei nok når hun først var på.",
        ),
    },
    "henrik.lie": {(MANAGER, "teamwork.sharing"): ("Skriv ned det du kan om de gamle anleggene, én side om gangen.",)},
    "sara.hagen": {
        (MANAGER, "objection-handling.next-step"): ("Alltid dato for neste steg. Det ser vi på ordrene.",),
        (CUSTOMER, "needs-discovery.listening"): (
            "Hun hørte at det var støyen som bekymret meg, ikke prisen.",
            "Listened to both of us, also when we disagreed.",
            "Tok seg tid.",
        ),
    },
    "ali.rahimi": {
        (MANAGER, "needs-discovery.questions"): ("You turn questions into plans that customers recognise.",)
    },
    "nora.bakke": {(MANAGER, "needs-discovery.questions"): ("Vent med tilbudet til behovet er sagt høyt.",)},
    "ida.myhre": {
        (MANAGER, "objection-handling.reply"): ("Eksemplene fra borettslagene treffer. Del dem med Tobias.",)
    },
    "tobias.lund": {
        (MANAGER, "objection-handling.next-step"): ("Avtal neste steg før du pakker sammen. Vi ser på fire samtaler.",),
        (CUSTOMER, "needs-discovery.questions"): (
            "Kom med tre løsninger før han hadde sett fyrrommet.",
            "Knew his products, less so our building.",
            "Kunne spurt mer om hvordan vi bruker lokalene.",
        ),
    },
    "emil.saether": {(MANAGER, "needs-discovery.listening"): ("God oppsummering på slutten. Ta den tidligere også.",)},
    "runa.bo": {
        (MANAGER, "case-ownership.promises"): ("Bruk kalenderen til alt du lover over disk.",),
        (CUSTOMER, "first-impression.welcome"): (
            "Så meg med en gang selv om det var fullt i butikken.",
            "Friendly and quick.",
            "Spurte om jeg ville se den i drift.",
        ),
    },
    "amina.yusuf": {(MANAGER, "teamwork.relief"): ("You notice who is busy before they do. Thank you.",)},
    "vegard.haug": {(MANAGER, "first-impression.tone"): ("Se opp fra skjermen når noen kommer inn.",)},
    "stian.hove": {
        (MANAGER, "case-ownership.responsibility"): ("Kundene ringer deg, ikke oss. Det er et godt tegn.",),
        (CUSTOMER, "case-ownership.responsibility"): (
            "Ryddet etter seg og forklarte hva han hadde gjort.",
            "Fant feilen som to andre ikke fant.",
            "Came back on a Saturday to finish.",
        ),
    },
    "marek.nowak": {(MANAGER, "teamwork.sharing"): ("Your photos of each job save the next crew an hour.",)},
    "siv.asen": {(MANAGER, "first-impression.welcome"): ("Ring kunden når dere kjører fra forrige jobb. Det merkes.",)},
}
