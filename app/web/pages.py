"""Which pages there are for who has a link or signs in: asked for most often, loaded at the start and looked at first."""

from app.http.routes import Pages
from app.web import by_letter, contact, decline, open_form, passkey_entry, password, provider, rate, receipt, sign_in

PAGES: tuple[Pages, ...] = (
    # Asked for most often, hence looked at first.
    rate.router,
    decline.router,
    contact.router,
    open_form.router,
    by_letter.router,
    receipt.router,
    provider.router,
    # Before the links by mail, whose addresses begin alike.
    passkey_entry.router,
    sign_in.router,
    password.router,
)
