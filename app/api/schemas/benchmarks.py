"""Benchmark files, keys and what was brought in, as they are sent and answered."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from app.api.schemas.base import ID, INSTANT, OTHER_ID, WORDS, Id, In, Out, Texts, example
from app.benchmarks.rules import fingerprint_of, line_out
from app.benchmarks.values import Benchmark, BenchmarkFile, Kept, Look, Offer, Trust
from app.organisation.values import SubjectKind

_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
_FINGERPRINT = fingerprint_of(_KEY)
LINE: dict[str, Any] = {
    "kpi_id": OTHER_ID,
    "kpi": WORDS,
    "level": "company",
    "rater_groups": ["customer"],
    "score": 74.1,
    "lo": 68.02,
    "hi": 79.4,
    "units": 1,
    "raters": 212,
    "period_start": "2026-07-01",
    "period_end": "2026-09-30",
    "released_on": "2026-10-12",
    "method_version": "1",
    "source": "Nordvarme",
}
_FILE: dict[str, Any] = {
    "format": "soft-kpi-benchmark",
    "version": 1,
    "source": "Nordvarme",
    "made_on": "2026-11-26",
    "public_key": _KEY,
    "lines": [LINE],
    "signature": "2" * 85 + "A",
}
_TRUSTED: dict[str, Any] = {
    "id": ID,
    "name": "Nordvarme",
    "public_key": _KEY,
    "fingerprint": _FINGERPRINT,
    "trusted_at": INSTANT,
    "ended_at": None,
}
_MAPPED = {"kpi_id": OTHER_ID, "own_kpi_id": ID}
_KEPT = {"kpi_id": OTHER_ID, "kpi": WORDS, "level": "team", "rater_groups": ["customer"], "reason": "few_units"}
_PROPOSAL = {"kpi_id": OTHER_ID, "kpi": WORDS, "own_kpi_id": ID}
_BENCHMARK: dict[str, Any] = {
    "id": ID,
    "source": "Nordvarme",
    "made_on": "2026-11-26",
    "digest": "9f" * 32,
    "key": _TRUSTED,
    "lines": [LINE],
    "mapping": [_MAPPED],
    "imported_at": INSTANT,
    "withdrawn_at": None,
    "is_shown": True,
    "version": 1,
}

File = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "example": _FILE})]


class LineOut(Out):
    """A figure with all that it takes to read it by itself."""

    model_config = example(**LINE)

    kpi_id: str = Field(description="How its source tells the KPI from others")
    kpi: Texts
    level: SubjectKind
    rater_groups: list[str]
    score: float
    lo: float
    hi: float
    units: int = Field(description="How many units it is the mean of; 1 for the company")
    raters: int = Field(description="Answers or visits behind it")
    period_start: date
    period_end: date
    released_on: date
    method_version: str
    source: str


class KeptOut(Out):
    """A figure that does not leave, and why; without its value."""

    model_config = example(**_KEPT)

    kpi_id: Id
    kpi: Texts
    level: SubjectKind
    rater_groups: list[str]
    reason: Kept


class OfferOut(Out):
    """What a release can put into a file, and what it keeps back."""

    model_config = example(release_id=ID, lines=[LINE], kept=[_KEPT])

    release_id: Id
    lines: list[LineOut]
    kept: list[KeptOut]

    @classmethod
    def told(cls, offer: Offer) -> "OfferOut":
        """What there is, and of the rest the reasons alone."""
        kept = [
            KeptOut(kpi_id=one.kpi_id, kpi=dict(name), level=one.level, rater_groups=list(one.rater_groups), reason=why)
            for one, name, why in offer.kept
        ]
        return cls(release_id=offer.release_id, lines=[LineOut.of(line) for line in offer.lines], kept=kept)


class BenchmarkExportIn(In):
    """Which KPIs go into a file."""

    model_config = example(kpi_ids=[OTHER_ID])

    kpi_ids: list[Id] | None = Field(default=None, description="All that may leave, if left out")


class BenchmarkFileOut(Out):
    """A signed file: the signature is Ed25519 over the rest of it in the form of RFC 8785."""

    model_config = example(**_FILE)

    format: str
    version: int
    source: str
    made_on: date
    public_key: str = Field(description="32 bytes in base64url")
    lines: list[LineOut]
    signature: str = Field(description="64 bytes in base64url")

    @classmethod
    def told(cls, file: BenchmarkFile) -> "BenchmarkFileOut":
        """The file with its figures as they were signed."""
        return cls(
            format="soft-kpi-benchmark",
            version=1,
            source=file.source,
            made_on=file.made_on,
            public_key=file.public_key,
            lines=[LineOut.model_validate(line_out(line)) for line in file.lines],
            signature=file.signature,
        )


class SigningKeyOut(Out):
    """The public half of our own key; its fingerprint goes to the other side by another way than the file."""

    model_config = example(public_key=_KEY, fingerprint=_FINGERPRINT, made_at=INSTANT)

    public_key: str
    fingerprint: str
    made_at: datetime


class TrustedKeyIn(In):
    """A key that was handed over by another way."""

    model_config = example(public_key=_KEY, name="Nordvarme")

    public_key: str
    name: str


class TrustedKeyOut(Out):
    """A key of somebody else that is trusted, or was."""

    model_config = example(**_TRUSTED)

    id: Id
    name: str
    public_key: str
    fingerprint: str
    trusted_at: datetime
    ended_at: datetime | None


class TrustedKeysOut(Out):
    """All of them, by name."""

    model_config = example(items=[_TRUSTED])

    items: list[TrustedKeyOut]


class MappedKpi(In):
    """A KPI of a file and the one of ours that it is compared with."""

    model_config = example(**_MAPPED)

    kpi_id: str
    own_kpi_id: Id


class MappingIn(In):
    """With which of our KPIs those of a file are compared; what is left out is compared with nothing."""

    model_config = example(mapping=[_MAPPED])

    mapping: list[MappedKpi]

    def pairs(self) -> list[tuple[str, str]]:
        """Theirs and ours."""
        return [(one.kpi_id, one.own_kpi_id) for one in self.mapping]


class BenchmarkIn(In):
    """A file to bring in, and what was decided about it."""

    model_config = example(file=_FILE, mapping=[_MAPPED], fingerprint=_FINGERPRINT)

    file: File = Field(description="The file as it came")
    mapping: list[MappedKpi] | None = Field(default=None, description="Left out: what the look proposes by name")
    fingerprint: str | None = Field(
        default=None, description="Of the file's key, compared by another way: trusts a key that nobody here trusts yet"
    )

    def pairs(self) -> list[tuple[str, str]] | None:
        """Theirs and ours; none where that is left to the proposals."""
        return None if self.mapping is None else [(one.kpi_id, one.own_kpi_id) for one in self.mapping]


class ProposalOut(Out):
    """A KPI of a file, and which of ours it could be."""

    model_config = example(**_PROPOSAL)

    kpi_id: str
    kpi: Texts
    own_kpi_id: Id | None


class LookOut(Out):
    """What bringing a file in would do; nothing was stored."""

    model_config = example(
        source="Nordvarme",
        made_on="2026-11-26",
        digest="9f" * 32,
        fingerprint=_FINGERPRINT,
        trust="unknown",
        known=None,
        proposals=[_PROPOSAL],
        lines=[LINE],
    )

    source: str
    made_on: date
    digest: str
    fingerprint: str
    trust: Trust
    known: Id | None = Field(description="The benchmark that this very file was brought in as before")
    proposals: list[ProposalOut]
    lines: list[LineOut]

    @classmethod
    def told(cls, look: Look) -> "LookOut":
        """The look with the lines of its file."""
        return cls(
            source=look.file.source,
            made_on=look.file.made_on,
            digest=look.digest,
            fingerprint=look.fingerprint,
            trust=look.trust,
            known=look.known,
            proposals=[ProposalOut.of(one) for one in look.proposals],
            lines=[LineOut.of(line) for line in look.file.lines],
        )


class MappedOut(Out):
    """A KPI of a file and the one of ours that it is compared with."""

    model_config = example(**_MAPPED)

    kpi_id: str
    own_kpi_id: Id


class BenchmarkOut(Out):
    """A file that was brought in."""

    model_config = example(**_BENCHMARK)

    id: Id
    source: str
    made_on: date
    digest: str = Field(description="SHA-256 of what was signed")
    key: TrustedKeyOut
    lines: list[LineOut]
    mapping: list[MappedOut]
    imported_at: datetime
    withdrawn_at: datetime | None
    is_shown: bool = Field(description="Whether it is compared with anything: not withdrawn, and its key is trusted")
    version: int

    @classmethod
    def of(cls, value: object) -> "BenchmarkOut":
        """A benchmark with its mapping as pairs."""
        if not isinstance(value, Benchmark):
            return cls.model_validate(value)
        mapping = [MappedOut(kpi_id=theirs, own_kpi_id=ours) for theirs, ours in sorted(value.own_kpis.items())]
        return cls(
            id=value.id,
            source=value.source,
            made_on=value.made_on,
            digest=value.digest,
            key=TrustedKeyOut.of(value.key),
            lines=[LineOut.of(line) for line in value.lines],
            mapping=mapping,
            imported_at=value.imported_at,
            withdrawn_at=value.withdrawn_at,
            is_shown=value.is_shown,
            version=value.version,
        )
