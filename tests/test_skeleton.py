"""A new plugin works as it is written."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from tests.cli.test_cli import call
from tests.helpers import bare_environment

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {"method": "methods", "benchmark": "benchmarks", "encoder": "encoders", "importer": "formats"}


def new(folder: Path, kind: str) -> Path:
    call("new-plugin", "my-own", "--kind", kind, folder / kind)
    return folder / kind


@pytest.mark.parametrize("kind", KINDS)
def test_it_adds_one_thing_of_its_name(kind: str, tmp_path: Path) -> None:
    folder = new(tmp_path, kind)
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {"embedllm_bench": {"my-own": "my_own"}}
    (needed,) = map(Requirement, project["dependencies"])
    assert needed.specifier.contains(version("embedllm-bench"))
    assert str(needed).startswith("embedllm-bench>=")
    assert project["description"].startswith("an" if kind in ("encoder", "importer") else "a ")
    row = json.loads(call("--plugin", "my_own", "plugins", "--format", "json", PYTHONPATH=str(folder)))[-1]
    assert (row["state"], row["registered"]) == ("sound", {KINDS[kind]: ["my-own"]})


@pytest.mark.parametrize("kind", KINDS)
def test_its_own_tests_pass(kind: str, tmp_path: Path) -> None:
    folder = new(tmp_path, kind)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder, env=bare_environment(PYTHONPATH=str(folder)), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_its_method_and_its_format_do_what_they_say(tmp_path: Path) -> None:
    for kind in ("method", "importer", "encoder"):
        call("new-plugin", f"my-{kind}", "--kind", kind, tmp_path / kind)
    named = [text for kind in ("method", "importer", "encoder") for text in ("--plugin", f"my_{kind}")]
    path = ":".join(str(tmp_path / kind) for kind in ("method", "importer", "encoder"))
    db, example = tmp_path / "s.db", tmp_path / "importer" / "tests" / "example.my-importer"
    assert "3 outcomes of 2 models" in call(*named, "import", example, "--store", db, PYTHONPATH=path)
    encoded = call(*named, "encode", "--encoder", "my-encoder", "--store", db, PYTHONPATH=path)
    assert "2 of 2 questions got vectors of 256 numbers by my-encoder@1" in encoded
    compared = call(
        *named, "compare", "--method", "my-method", "--set", "my-method.prior=5", "--task", "forecasting",
        PYTHONPATH=path,
    )  # fmt: skip
    assert "my-method" in compared
    example.write_text("org/model-7b\tarithmetic\t1\n")
    assert "line 1: has 3 fields, not 5" in call(
        *named, "import", example, "--store", db, code=1, PYTHONPATH=path
    )


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = new(tmp_path, "method")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said = call("new-plugin", "my-own", "--kind", "method", folder, code=1)
    assert said == f"Error: {folder} is there already; nothing was written, give another folder.\n"
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("My Method", "'My Method' is no name for a plugin"),
        ("1abc", "and begin with a letter, as in my-method"),
        ("class", "'class' is a word of the language Python; give another name."),
        ("none", "'none' is a word of the language Python"),
        ("method", "'method' would make a class Method, which has a meaning; give another."),
        ("m" * 200, "The name has 200 characters; use at most 64."),
        ("test-contract", "'test-contract' is a name that pytest takes for tests"),
        ("knn", "'knn' is the name of what the plugin 'built-in' has; give another."),
        ("built-in", "'built-in' is the name of what the plugin 'built-in' has"),
        ("json", "There is a Python package 'json' already"),
        ("embedllm-bench", "There is a Python package 'embedllm_bench' already"),
    ],
)
def test_a_name_that_no_package_can_have_is_refused(name: str, message: str, tmp_path: Path) -> None:
    assert message in call("new-plugin", name, "--kind", "method", tmp_path / "x", code=2)
    assert not (tmp_path / "x").exists()


def test_a_benchmark_of_the_registry_is_there_already(tmp_path: Path) -> None:
    said = call("new-plugin", "gsm8k", "--kind", "benchmark", tmp_path / "x", code=2)
    assert "'gsm8k' is the name of what the plugin 'built-in' has" in said


def test_the_line_that_installs_it_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    said = call("new-plugin", "my-own", "--kind", "method", "my own", cwd=tmp_path)
    assert "Install it with \"pip install -e 'my own'\"; then" in said
