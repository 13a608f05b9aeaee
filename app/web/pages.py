"""Which pages there are: the routers of all page families; what is in them stands in the modules named here."""

from fastapi import APIRouter

from app.web import leaders, organisation, password, people, rate, sign_in, unit_forms

PAGES: tuple[APIRouter, ...] = (
    sign_in.router,
    password.router,
    rate.router,
    unit_forms.router,
    leaders.router,
    organisation.router,
    people.router,
)
