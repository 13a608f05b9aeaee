"""Every route says who may come in, and what it lets everybody do it gives a reason for."""

from app.http.access import DeclaredRoute, Who, declared_routes
from tests.house.service import application

SAFE = {"GET", "HEAD", "OPTIONS"}


def test_every_route_declares_its_access() -> None:
    assert [_name(route) for route in _routes() if route.access is None] == []


def test_who_lets_everybody_in_says_why() -> None:
    unexplained = [
        _name(route)
        for route in _routes()
        if route.access is not None and route.access.who is not Who.SIGNED_IN and not route.access.why.strip()
    ]
    assert unexplained == []


def test_a_resource_of_the_api_asks_for_a_scope() -> None:
    open_to_all = [
        _name(route)
        for route in _routes()
        if route.path.startswith("/api/v1/")
        and route.access is not None
        and route.access.who is Who.SIGNED_IN
        and route.access.action is None
        and route.access.by_key
    ]
    assert open_to_all == []


def test_no_address_reads_and_writes_under_one_function() -> None:
    mixed = [_name(route) for route in _routes() if route.methods & SAFE and route.methods - SAFE]
    assert mixed == []


def test_no_two_routes_answer_one_request() -> None:
    seen = [(method, route.path) for route in _routes() for method in route.methods]
    assert sorted({pair for pair in seen if seen.count(pair) > 1}) == []


def _routes() -> list[DeclaredRoute]:
    found = list(declared_routes(application()))
    assert found, "the walk finds no route: the rules below would hold for nothing"
    return found


def _name(route: DeclaredRoute) -> str:
    return f"{'/'.join(sorted(route.methods))} {route.path}"
