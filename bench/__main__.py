"""`python -m bench [scenario …] [--only sqlite|postgresql]`: measure, print the table, write bench/results.md."""

import argparse
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from bench import disclosure, figures, forms, load, mail, model, overview, papers, scoring, start
from bench.report import Line, table
from tests.postgres import Server, running_server

Scenario = Callable[[str, Path], Iterator[Line]]
SCENARIOS: dict[str, Scenario] = {
    "hello": start.hello,
    "form-get": forms.form_get,
    "form-post": forms.form_post,
    "crash": forms.crash,
    "mail": mail.mail,
    "mail-kills": mail.mail_kills,
    "release": figures.release,
    "summary": figures.summary,
    "overview": overview.overview,
    "pdf": papers.pdf,
    "start": start.start,
    "mixed-model": model.mixed_model,
    "scoring": scoring.scoring,
    "disclosure": disclosure.disclosure,
}
SQLITE_ONLY = ("hello", "pdf", "start", "mixed-model", "scoring", "disclosure")
RESULTS = Path(__file__).parent / "results.md"


def main() -> int:
    """Run the scenarios asked for, all of them without a name; 1 when a goal is missed."""
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], help="which ones; all without a name")
    asked.add_argument("--only", choices=("sqlite", "postgresql"), help="one database instead of both")
    given = asked.parse_args()
    names = given.scenario or list(SCENARIOS)
    kinds = [given.only] if given.only else ["sqlite", "postgresql"]
    lines: list[Line] = []
    with running_server() if "postgresql" in kinds else nullcontext() as server:
        for name in names:
            for kind in kinds:
                if kind == "postgresql" and name in SQLITE_ONLY:
                    continue
                print(f"… {name} on {kind}", file=sys.stderr)
                with tempfile.TemporaryDirectory() as folder, _database(kind, Path(folder), server) as url:
                    for line in SCENARIOS[name](url, Path(folder)):
                        lines.append(line)
                        print(table([line]).splitlines()[-1], flush=True)
    text = f"{_machine()}\n\n{table(lines)}\n"
    print(f"\n{text}")
    if not given.scenario and not given.only:
        RESULTS.write_text(f"# Results of `make bench`\n\n{text}")
    return 0 if all(line.is_met for line in lines) else 1


@contextmanager
def _database(kind: str, folder: Path, server: Server | None) -> Iterator[str]:
    if server is None or kind == "sqlite":
        yield f"sqlite:///{folder}/bench.sqlite"
        return
    url = server.create("softkpi_bench")
    try:
        yield url
    finally:
        server.drop("softkpi_bench")


def _machine() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}, {len(load.CORES)} cores, load by {load.generator()}"


if __name__ == "__main__":
    sys.exit(main())
