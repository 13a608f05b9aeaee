"""A request, a task, a command line: one transaction each, ended by the edge and by nobody else."""

import ast

from tests.house.sources import APP, EDGES, sources

MAY_COMMIT = {"infra", *EDGES}


def test_nobody_commits_but_the_edges_and_infra() -> None:
    commits = [
        f"{source.name}:{node.lineno}"
        for source in sources(APP)
        if source.floor not in MAY_COMMIT
        for node in source.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert commits == []


def test_every_import_stands_at_the_top_of_its_file() -> None:
    late = [
        f"{source.name}:{node.lineno}"
        for source in sources(APP)
        for function in source.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert late == []
