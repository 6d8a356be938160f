"""`make setup`: turns away what will not do, and does nothing twice."""

import re
import subprocess
from pathlib import Path

import pytest

from tmfusage.embedded import install

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def venv(tmp_path, monkeypatch):
    """An empty place for `.venv`, with what it takes to pass for made."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    monkeypatch.setattr(install, "PYTHON", tmp_path / "bin" / "python")
    monkeypatch.setattr(install, "STAMP", tmp_path / ".installed")
    return tmp_path


def test_this_python_will_do():
    assert install.lacking() == ""


def test_an_old_python_is_turned_away(monkeypatch):
    monkeypatch.setattr(install, "NEEDED", (99, 0))
    assert "PYTHON=" in install.lacking()


def test_a_python_without_venv_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda _name: None)
    assert re.search(r"apt install python3\.\d+-venv", install.lacking())


def test_what_is_installed_is_not_installed_again(venv):
    (venv / ".installed").write_text(install.wanted())
    assert install.is_installed()


def test_other_requirements_are_installed(venv, monkeypatch):
    (venv / ".installed").write_text(install.wanted())
    changed = venv / "requirements.txt"
    changed.write_text("another==1\n")
    monkeypatch.setattr(install, "REQUIREMENTS", changed)
    assert not install.is_installed()


def test_a_venv_that_was_moved_here_is_made_anew(venv):
    (venv / ".installed").write_text(install.wanted().replace(str(ROOT), "/elsewhere"))
    assert not install.is_installed()
    assert not install.is_usable()


def test_every_command_of_the_readme_is_one_of_make():
    named = set(re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text()))
    told = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert named >= {"run", "test"}
    assert named <= set(re.findall(r"make ([a-z]+)", told))
