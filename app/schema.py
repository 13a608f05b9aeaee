"""Every mapped class of the product, imported once: for migrations and for the tests."""

from app.accounts import tables as accounts
from app.analysis import tables as analysis
from app.benchmarks import tables as benchmarks
from app.decisions import tables as decisions
from app.dossiers import tables as dossiers
from app.encounters import tables as encounters
from app.focus import tables as focus
from app.followup import tables as followup
from app.heartbeat import tables as heartbeat
from app.infra.database import Base
from app.invitations import tables as invitations
from app.journal import tables as journal
from app.kpis import tables as kpis
from app.mail import tables as mail
from app.metrics import tables as metrics
from app.moderation import tables as moderation
from app.open_answers import tables as open_answers
from app.organisation import tables as organisation
from app.plans import tables as plans
from app.receipts import tables as receipts
from app.recovery import tables as recovery
from app.releases import tables as releases
from app.repeats import tables as repeats
from app.responses import tables as responses
from app.rounds import tables as rounds
from app.talks import tables as talks
from app.visits import tables as visits
from app.wording import tables as wording

CAPABILITIES = (
    accounts,
    analysis,
    benchmarks,
    decisions,
    encounters,
    focus,
    followup,
    dossiers,
    heartbeat,
    invitations,
    journal,
    kpis,
    mail,
    metrics,
    moderation,
    open_answers,
    organisation,
    plans,
    receipts,
    recovery,
    releases,
    repeats,
    responses,
    rounds,
    talks,
    visits,
    wording,
)
metadata = Base.metadata
