"""How the company of the demo and its people are addressed; apart from the demo itself, which few starts need."""

COMPANY = "fjellbris"
DOMAIN = "fjellbris.example"


def address(key: str) -> str:
    """The address of an employee."""
    return f"{key}@{DOMAIN}"
