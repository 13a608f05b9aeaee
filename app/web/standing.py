"""For whom somebody stands in, as My week says it: whose lists are shown beside the own ones, and which of it is whose."""

from collections.abc import Mapping, Sequence

from app.deferred import dataclass
from app.http.visit import Visit
from app.infra.database import ReadSession
from app.organisation.queries import load_stood_in_for, load_subjects


@dataclass(frozen=True, slots=True)
class Standing:
    """For whom somebody stands in: names of the managers, and by unit whom one reaches it for."""

    names: Mapping[str, str]
    units: Mapping[str, str]

    def who(self, manager_id: str | None) -> str:
        """The name of a manager one stands in for; empty for anybody else."""
        return self.names.get(manager_id or "", "")

    def at(self, path: Sequence[str]) -> str:
        """The name of who would be asked at a place, were he not away; empty where one has a part of one's own."""
        return next((self.who(self.units[unit]) for unit in reversed(path) if unit in self.units), "")


def standing_of(session: ReadSession, visit: Visit) -> Standing:
    """For whom the visitor stands in today; no statement for who does for nobody."""
    managers = visit.viewer.stands_in_for
    found = load_subjects(session, managers, on=visit.today).values() if managers else ()
    granted = [grant.subject_id for grant in visit.account.grants] if visit.account is not None else []
    units = load_stood_in_for(session, visit.viewer, granted, on=visit.today)
    return Standing(
        {str(one.id): one.name for one in found}, {str(unit): str(manager) for unit, manager in units.items()}
    )


def asked_of(visit: Visit) -> frozenset[str]:
    """Whose decisions and plans wait here: the visitor's, and those of the managers he stands in for."""
    return visit.viewer.own_subjects | visit.viewer.stands_in_for


def paths_of(
    session: ReadSession, visit: Visit, standing: Standing, subject_ids: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """The ways down to some places, as far as anybody needs them: who stands in for nobody does not."""
    if not standing.units:
        return {}
    return {str(one.id): one.path for one in load_subjects(session, subject_ids, on=visit.today).values()}
