"""The house rules: sizes of files and functions, names that say nothing, imports at the top."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("tmfusage", "specs", "usage", "consumption", "tests")
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
)
FORBIDDEN = {"utils", "helpers", "services", "signals", "common"}
MAX_FILE, MAX_FUNCTION = 300, 40
# Text that would tell where or how the project was made instead of what it is.
FOREIGN = re.compile(r"/work/|\bsession of an agent\b|\bAI assistant\b|\blanguage model\b", re.IGNORECASE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path):
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_file_is_longer_than_a_person_reads_at_once(path):
    assert len(path.read_text().splitlines()) <= MAX_FILE


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_function_is_longer_than_a_screen(path):
    long = [
        f"{each.name} ({each.end_lineno - each.lineno + 1})" for each in functions(path) if length(each) > MAX_FUNCTION
    ]
    assert not long


def length(function) -> int:
    return function.end_lineno - function.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_names_say_what_a_module_does(path):
    assert not FORBIDDEN & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_stand_at_the_top(path):
    inside = [
        node.lineno
        for function in functions(path)
        if not (function.name == "ready" and path.name == "apps.py")
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not inside, f"imports inside functions at lines {inside}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_module_says_what_it_is_for(path):
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text))


def test_nothing_names_the_place_where_it_was_made():
    texts = [*SOURCES, *(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "Makefile"]
    found = [name_of(path) for path in texts if path.exists() and path.name != "test_house.py"]
    assert not [name for name in found if FOREIGN.search((ROOT / name).read_text())]
