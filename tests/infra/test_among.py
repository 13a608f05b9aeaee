"""An id is looked for in a list that travels as one value, alike on both databases."""

from sqlalchemy import ColumnElement, literal, not_, select

from app.infra.among import is_among
from app.infra.database import WriteSession
from app.infra.types import Id

HERE, ELSEWHERE = (f"6f1d2a34-8f0b-4c7a-b1de-{place:012}" for place in (1, 2))


def test_an_id_stands_in_a_list_or_not_whatever_its_length(session: WriteSession) -> None:
    def is_found(which: ColumnElement[bool], *ids: str) -> bool:
        return session.scalar(select(literal(1)).where(which), {"ids": list(ids)}) is not None

    among = is_among(literal(HERE, Id), "ids")
    assert [is_found(among), is_found(among, ELSEWHERE), is_found(among, ELSEWHERE, HERE)] == [False, False, True]
    assert [is_found(not_(among)), is_found(not_(among), HERE)] == [True, False]
    assert is_found(among, *[ELSEWHERE] * 5_000, HERE)
