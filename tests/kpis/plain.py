"""KPIs as plain mappings, complete but for what a test changes."""

from typing import Any

Plain = dict[str, Any]


def words(nb: str, en: str) -> Plain:
    return {"nb": nb, "en": en}


def soft(goal: str, owner: str, scale: str, /, **changed: object) -> Plain:
    return {
        "kind": "soft",
        "goal_id": goal,
        "owner_id": owner,
        **_texts(),
        "rater_weights": {"customer": 40, "manager": 30, "colleague": 30, "self": 0},
        "items": [item(scale, "welcome"), item(scale, "tone")],
        **changed,
    }


def hard(goal: str, owner: str, /, **changed: object) -> Plain:
    return {
        "kind": "hard",
        "goal_id": goal,
        "owner_id": owner,
        **_texts(),
        "unit": words("s", "s"),
        "direction": "lower",
        "aggregation": "median",
        **changed,
    }


def item(scale: str, code: str, /, **changed: object) -> Plain:
    return {
        "code": code,
        "name": words("Møtet", "Welcome"),
        "question": words("Hvordan tar {name} imot kunden?", "How does {name} receive the customer?"),
        "scale_id": scale,
        "anchors": {"1": words("Lar kunden vente", "Leaves the customer waiting"), "5": words("Hilser", "Greets")},
        **changed,
    }


def card(subject_id: str, level: str, kpi_ids: list[str], starts_on: str = "2026-11-23", **changed: object) -> Plain:
    lines = [{"kpi_id": kpi_id, "weight": 10} for kpi_id in kpi_ids]
    return {"subject_id": subject_id, "level": level, "starts_on": starts_on, "lines": lines, **changed}


def _texts() -> Plain:
    return {
        "name": words("Førsteinntrykk", "First impression"),
        "purpose": words("Viser hvordan kunden blir møtt.", "Shows how customers are met."),
        "criterion": words("Kunden er sett.", "The customer has been seen."),
        "decision_rule": {"text": words("Hvis den faller, øver vi.", "If it falls, we practise."), "days": 10},
    }
