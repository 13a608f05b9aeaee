"""Small files, short functions: the budget of docs/architecture.md."""

from statistics import quantiles

from tests.house.sources import APP, ROOT, length, sources

FILE_LINES, FUNCTION_LINES = 400, 40
FILE_MEDIAN, FILE_P90 = 110, 220
FUNCTION_MEDIAN, FUNCTION_P90 = 8, 25


def test_no_file_is_longer_than_400_lines() -> None:
    measured = [*sources(APP), *sources(ROOT / "tests")]
    assert [f"{source.name}: {source.lines}" for source in measured if source.lines > FILE_LINES] == []


def test_no_function_is_longer_than_40_lines() -> None:
    too_long = [
        f"{source.name}:{function.lineno} {function.name}: {length(function)}"
        for source in [*sources(APP), *sources(ROOT / "tests")]
        for function in source.functions()
        if length(function) > FUNCTION_LINES
    ]
    assert too_long == []


def test_the_usual_file_is_short() -> None:
    # Docstrings are asked for at length (docs/decisions/0005), so they do not count towards the usual size.
    files = [source for source in sources(APP) if source.path.name != "__init__.py"]
    median, p90 = _median_and_p90([source.lines - source.docstring_lines for source in files])
    assert (median <= FILE_MEDIAN, p90 <= FILE_P90) == (True, True), f"median {median}, p90 {p90}"


def test_the_usual_function_is_short() -> None:
    lengths = [length(function) for source in sources(APP) for function in source.functions()]
    median, p90 = _median_and_p90(lengths)
    assert (median <= FUNCTION_MEDIAN, p90 <= FUNCTION_P90) == (True, True), f"median {median}, p90 {p90}"


def _median_and_p90(values: list[int]) -> tuple[float, float]:
    cuts = quantiles(values, n=10, method="inclusive")
    return cuts[4], cuts[8]
