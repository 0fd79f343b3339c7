"""What keeps the code small and in its layers. Nothing here may be loosened to make room."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "reactor"
TESTS = ROOT / "tests"

LONGEST_FUNCTION = 50
LONGEST_FILE = 400

# Where code that is not ours, that serves strangers or that meets any event, may fail in any way.
BOUNDARIES = {"delivery/attempt.py", "guard.py", "sources/supervise.py", "web/server.py"}

# Tests that look at the whole, and so mirror no single file.
WHOLE = {"test_architecture.py", "test_docs.py"}
WHOLE_FOLDERS = {"contracts", "scenarios", "crash", "live", "conformance", "fuzz"}

SOURCES = sorted(PACKAGE.rglob("*.py"))
TEST_FILES = sorted(TESTS.rglob("*.py"))

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE if PACKAGE in path.parents else ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(parsed(path)) if isinstance(node, Function)]


def lines(function: Function) -> int:
    """Lines of a function from `def` to its end, the docstring counted."""
    return (function.end_lineno or 0) - function.lineno + 1


def is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def has_logic(path: Path) -> bool:
    """Whether any function does something: a protocol's and an empty one's body is a docstring."""
    return any(not is_docstring(line) for function in functions(path) for line in function.body)


def test_path(source: Path) -> Path:
    """The test file of a source file. A package's own code is tested under the package's name."""
    own = source.parent if source.name == "__init__.py" else source
    folders = own.relative_to(ROOT).parts[1:-1]
    return TESTS.joinpath(*folders, f"test_{own.stem.strip('_')}.py")


test_path.__test__ = False  # pytest would take it for a test


def catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(names & {"Exception", "BaseException"})


def suppresses_everything(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    return name == "suppress" and any(
        ast.unparse(argument) in ("Exception", "BaseException") for argument in call.args
    )


def broad_handlers(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        broad = (isinstance(node, ast.ExceptHandler) and catches_everything(node)) or (
            isinstance(node, ast.Call) and suppresses_everything(node)
        )
        if broad:
            yield f"{name_of(path)}:{node.lineno}"


def sleeps(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        by_name = isinstance(node, ast.ImportFrom) and node.module in ("time", "asyncio")
        if by_name and any(alias.name == "sleep" for alias in node.names):
            yield f"{name_of(path)}:{node.lineno}"
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("time.sleep", "asyncio.sleep"):
            yield f"{name_of(path)}:{node.lineno}"


def top_level_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("path", SOURCES + TEST_FILES, ids=name_of)
def test_no_function_is_too_long(path):
    too_long = {f.name: lines(f) for f in functions(path) if lines(f) > LONGEST_FUNCTION}

    assert not too_long, f"more than {LONGEST_FUNCTION} lines"


@pytest.mark.parametrize("path", SOURCES + TEST_FILES, ids=name_of)
def test_no_file_is_too_long(path):
    count = len(path.read_text().splitlines())

    assert count <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_module_says_what_lives_in_it(path):
    assert ast.get_docstring(parsed(path))


def test_everything_is_caught_only_at_the_boundaries():
    inside = [path for path in SOURCES if name_of(path) not in BOUNDARIES]

    assert [found for path in inside for found in broad_handlers(path)] == []


def test_every_source_file_with_logic_has_its_test_file():
    missing = [
        name_of(path) for path in SOURCES if has_logic(path) and not test_path(path).exists()
    ]

    assert missing == []


def test_every_test_file_has_its_source_file():
    mirrored = {test_path(path) for path in SOURCES}
    own = [path for path in TESTS.rglob("test_*.py") if path.parent.name not in WHOLE_FOLDERS]

    orphans = [name_of(path) for path in own if path not in mirrored and path.name not in WHOLE]

    assert orphans == []


def test_every_tests_folder_is_a_package():
    folders = {path.parent for path in TEST_FILES}

    assert [folder.name for folder in folders if not (folder / "__init__.py").exists()] == []


def test_no_test_sleeps():
    assert [found for path in TEST_FILES for found in sleeps(path)] == []


def test_imports_point_down_the_layers():
    linter = Path(sys.executable).parent / "lint-imports"

    found = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout + found.stderr


SPOKEN_BY_OTHERS = {"tzdata"}
"""Declared and not imported: zoneinfo finds it where the system has no time zones."""


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    declared = {
        re.split(r"[<>=]", requirement)[0].lower()
        for requirement in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
            "dependencies"
        ]
    }
    homes = packages_distributions()

    imported = {
        homes[module][0].lower().replace("_", "-")
        for path in SOURCES
        for module in top_level_imports(path)
        if module in homes and module != "reactor"
    }

    assert imported == declared - SPOKEN_BY_OTHERS


def report() -> str:
    """The sizes in one line, for `make check`."""
    sizes = sorted(lines(function) for path in SOURCES for function in functions(path))
    middle = statistics.median(sizes)
    files = statistics.median(len(path.read_text().splitlines()) for path in SOURCES)
    return (
        f"{len(sizes)} functions: median {middle:.0f} lines, "
        f"95th percentile {sizes[len(sizes) * 95 // 100]}, longest {sizes[-1]}; "
        f"{len(SOURCES)} files: median {files:.0f} lines"
    )


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
