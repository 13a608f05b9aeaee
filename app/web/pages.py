"""Which pages there are: the routers of all page families; what is in them stands in the modules named here."""

from fastapi import APIRouter

from app.web import (
    accounts,
    goals,
    journal,
    keys,
    kpi_forms,
    kpi_states,
    kpis,
    leaders,
    mailbox,
    organisation,
    organisation_import,
    password,
    people,
    rate,
    scales,
    scorecard_forms,
    scorecards,
    sign_in,
    targets,
    unit_forms,
)

PAGES: tuple[APIRouter, ...] = (
    # Asked for most often, hence looked at first.
    rate.router,
    sign_in.router,
    password.router,
    organisation_import.router,
    unit_forms.router,
    leaders.router,
    organisation.router,
    people.router,
    kpi_forms.router,
    kpi_states.router,
    targets.router,
    kpis.router,
    goals.router,
    scales.router,
    scorecard_forms.router,
    scorecards.router,
    accounts.router,
    keys.router,
    journal.router,
    mailbox.router,
)
