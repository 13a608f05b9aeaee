"""What a start loads: neither Alembic, nor the large parts of SciPy, nor what nobody has asked for yet."""

import ast
import dataclasses
import subprocess
import sys
from importlib import import_module

from tests.house.sources import APP, ROOT, sources

HEAVY = (
    "alembic",
    "mako",
    "scipy.special",
    "scipy.stats",
    "scipy.linalg",
    "scipy.sparse",
    "numpy.f2py",
    "numpy.testing",
    "typst",
    "xlsxwriter",
    "app.api.resources",
    "app.api.schemas.rounds",
    "app.web.inside",
    "app.web.results",
    "app.papers.result_text",
    "app.demo.load",
    "app.analysis.commands",
    "app.administration",
    "app.releases.tables",
    "app.worker",
)


def test_the_command_line_and_the_web_process_load_nothing_that_they_may_not_need() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, app.cli; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(told.stdout.split())
    assert {"app.main", "app.working", "numpy"} <= loaded
    assert sorted(loaded.intersection(HEAVY)) == [], (
        "decisions 8 and 22 say how, as `import scipy`, then `scipy.special.ndtri`"
    )


def test_the_tables_that_a_start_loads_refer_to_no_others() -> None:
    asked = """
import app.cli
from app.infra.database import Base

tables = Base.metadata.tables
referred = {key.target_fullname.rpartition(".")[0] for table in tables.values() for key in table.foreign_keys}
print(len(tables), *sorted(referred - tables.keys()))
"""
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    count, *missing = told.stdout.split()
    assert (int(count) > 50, missing) == (True, [])


def test_every_frozen_dataclass_with_slots_is_written_when_it_is_first_used() -> None:
    at_once = [
        source.name
        for source in sources(APP)
        if source.name != "app/deferred.py"
        and "@dataclass(frozen=True, slots=True" in source.path.read_text()
        and any(
            isinstance(node, ast.ImportFrom) and node.module == "dataclasses" and node.names[0].name == "dataclass"
            for node in source.tree.body
        )
    ]
    assert at_once == [], "import it from app.deferred (decision 22)"


def test_every_dataclass_can_be_written() -> None:
    # What is wrong with one shows at its first value; here it shows before.
    names = [source.name.removesuffix(".py").replace("/", ".") for source in sources(APP)]
    modules = [import_module(name) for name in names if not name.endswith("__")]
    kinds = {one for module in modules for one in vars(module).values() if isinstance(one, type)}
    assert sum(bool(dataclasses.is_dataclass(kind) and dataclasses.fields(kind)) for kind in kinds) > 500
