"""What is sent to make a round, a programme or a QR code somewhere, as short as it may be."""

from typing import Any


def round_at(subject_id: str) -> Any:
    return {
        "scope_id": subject_id,
        "name": {"nb": "Høst", "en": "Autumn"},
        "purpose": {"nb": "Slik møter vi kundene", "en": "How we meet customers"},
        "asked_by": "Ida Øst",
        "period_start": "2026-10-01",
        "period_end": "2026-10-31",
        "opens_at": "2026-11-24T10:00:00+01:00",
        "closes_at": "2026-11-27T16:00:00+01:00",
    }


def programme_at(subject_id: str, kpi_id: str) -> Any:
    return {
        "scope_id": subject_id,
        "name": {"nb": "Kundens stemme", "en": "The customer's voice"},
        "purpose": {"nb": "Slik møter vi kundene", "en": "How we meet customers"},
        "asked_by": "Ida Øst",
        "kpi_ids": [kpi_id],
        "starts_on": "2026-11-23",
    }


def code_at(subject_id: str, kpi_id: str) -> Any:
    return {"subject_id": subject_id, "name": {"nb": "Disken", "en": "The counter"}, "kpi_ids": [kpi_id]}


def key_at(subject_id: str) -> Any:
    ends = "2026-12-01T00:00:00Z"
    return {"name": "Lønn", "subject_id": subject_id, "scopes": ["organisation:read"], "expires_at": ends}


def order_at(scenario_id: str, subject_id: str) -> Any:
    days = {"from_on": "2026-11-23", "until_on": "2026-11-27"}
    return {"scenario_id": scenario_id, "subject_id": subject_id, "shopper": "besok1@besok.example", **days}
