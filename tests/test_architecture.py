"""The structure of the code: imports go only down, the core knows no Streamlit, pages hold no algorithm."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for folder in ("core", "app", "pages") for path in (ROOT / folder).rglob("*.py"))

# From the bottom up; a module may import its own layer and those before it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("core.errors", "core.progress", "core.storage"),
    ("core.workspace", "core.database"),
    ("core.data",),
    ("core.encoding",),
    ("core.extraction",),
    ("core.motivations",),
    ("core.models",),
    ("core.evaluation.metrics", "core.evaluation.protocol"),  # what training validates with
    ("core.training",),
    ("core.recommend", "core.maps", "core.evaluation", "core.ranking"),
    ("core.reports",),
    ("core.scale",),
    ("core.jobs",),
    ("core.cli",),
    ("app",),
    ("pages",),
)
NOT_IN_PAGES = {"torch", "sklearn", "umap", "scipy", "numpy.linalg", "sentence_transformers", "safetensors", "sqlite3", "duckdb"}
THIS_MACHINE = re.compile(r"/(?:root|work|tmp|Users)/\w")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer(module: str) -> int | None:
    """Rank of the layer with the longest name that ``module`` lies in."""
    found = [(len(name), rank) for rank, names in enumerate(LAYERS) for name in names if module == name or module.startswith(f"{name}.")]
    return max(found)[1] if found else None


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> tuple[tuple[str, str], ...]:
    """(where, module) of every import in a file, those inside functions too."""
    found = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += [(at(path, node), alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            own = node.module.split(".")[0] in ("core", "app")
            names = [f"{node.module}.{alias.name}" for alias in node.names] if own else [node.module]
            found += [(at(path, node), name) for name in names]
    return tuple(found)


def at(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def in_folder(folder: str) -> list[Path]:
    return [path for path in SOURCES if path.is_relative_to(ROOT / folder)]


def n_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_every_module_lies_in_a_layer():
    assert [path for path in SOURCES if layer(module_name(path)) is None and module_name(path) != "core"] == []


def test_imports_go_only_down():
    upwards = []
    for path in SOURCES:
        own = layer(module_name(path))
        for where, name in imports(path):
            other = layer(name)
            if own is not None and other is not None and other > own:
                upwards.append(f"{where} imports {name}")
    assert upwards == []


def test_core_knows_no_streamlit():
    found = [where for path in in_folder("core") for where, name in imports(path) if name.split(".")[0] in ("streamlit", "app", "pages")]
    assert found == []


def test_pages_hold_no_algorithm():
    heavy = [
        f"{where} imports {name}"
        for path in in_folder("pages")
        for where, name in imports(path)
        if any(name == module or name.startswith(f"{module}.") for module in NOT_IN_PAGES)
    ]
    assert heavy == []
    assert [path.name for path in in_folder("pages") if n_lines(path) >= 200] == []


def test_files_and_functions_stay_readable():
    assert [f"{path.relative_to(ROOT)}: {n_lines(path)} lines" for path in SOURCES if n_lines(path) > 300] == []
    functions = [(path, node) for path in SOURCES for node in nodes(path) if isinstance(node, ast.FunctionDef)]
    assert [f"{at(path, node)} {node.name}" for path, node in functions if (node.end_lineno or 0) - node.lineno >= 80] == []


def test_no_error_is_swallowed_unseen():
    handlers = [(at(path, node), node) for path in SOURCES for node in nodes(path) if isinstance(node, ast.ExceptHandler)]
    assert [where for where, node in handlers if node.type is None] == []
    broad = [
        (where, node) for where, node in handlers if isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")
    ]
    assert [where for where, node in broad if isinstance(node.body[0], ast.Pass)] == []


def test_no_path_of_one_machine_is_written_down():
    strings = [(at(path, node), node.value) for path in SOURCES for node in nodes(path) if isinstance(node, ast.Constant)]
    assert [where for where, value in strings if isinstance(value, str) and THIS_MACHINE.search(value)] == []


def test_pickles_are_read_only_through_the_allow_list():
    others = [path for path in SOURCES if module_name(path) != "core.data.unpickling"]
    found = [where for path in others for where, name in imports(path) if name.split(".")[0] in ("pickle", "dill", "marshal", "shelve")]
    assert found == []


def test_names_say_what_a_file_is_about():
    drawers = {"util", "utils", "helper", "helpers", "misc", "common", "manager"}
    assert [path for path in SOURCES if path.stem in drawers] == []
