"""Competences, and what helps to get better at an item, as they are sent and answered."""

from typing import Any

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, Id, In, Out, Texts, example

COMPETENCE = {"id": ID, "name": {"nb": "Kundesamtale", "en": "Talking with customers"}}
RESOURCE: dict[str, Any] = {
    "title": {"nb": "Lytt før du svarer", "en": "Listen before you answer"},
    "url": "https://learn.example.org/listening",
}
EXERCISE: dict[str, Any] = {
    "text": {"nb": "Gjenta kundens spørsmål før du svarer.", "en": "Repeat the question before you answer it."},
    "minutes": 5,
}


class CompetenceIn(In):
    """Something that people can get better at."""

    model_config = example(name=COMPETENCE["name"], external_id="talking")

    name: Texts
    external_id: str | None = None


class CompetenceOut(Out):
    """A competence."""

    model_config = example(**COMPETENCE, company_id=OTHER_ID, external_id="talking", version=1)

    id: Id
    company_id: Id
    name: Texts
    external_id: str | None
    version: int


class NamedCompetenceOut(Out):
    """The competence that an item asks for."""

    model_config = example(**COMPETENCE)

    id: Id
    name: Texts


class LearningResourceIn(In):
    """Something to read, watch or attend."""

    model_config = example(**RESOURCE)

    title: Texts
    url: str = Field(description="A whole https address")


class LearningResourceOut(Out):
    """Something to read, watch or attend."""

    model_config = example(**RESOURCE)

    title: Texts
    url: str


class ExerciseIn(In):
    """Something small to try."""

    model_config = example(**EXERCISE)

    text: Texts
    minutes: int = Field(description="1 to 10")


class ExerciseOut(Out):
    """Something small to try."""

    model_config = example(**EXERCISE)

    text: Texts
    minutes: int
