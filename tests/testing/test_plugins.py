"""All checks of a plugin: by pytest, by the command line, and without either."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.cli.plugins_check import command
from embedllm_bench.errors import PluginError, UsageError
from embedllm_bench.registry import Plugins
from embedllm_bench.testing import NotRun, check_entry, plugin_checks, registrations
from tests.testing.examples import HALF, METHOD, example, install

if TYPE_CHECKING:
    from pathlib import Path

TEST = """
import pytest


@pytest.mark.plugin_contract("stranger")
def test_contract(contract):
    contract()
"""
WHOLE = "for the whole process; leave it, or put it back."
CONFTEST = 'pytest_plugins = ["embedllm_bench.testing.pytest_plugin"]'


def written(folder: Path, test: str = TEST) -> Path:
    """The tests of a plugin's author."""
    folder.mkdir()
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_contract.py").write_text(test)
    return folder


def installed(folder: Path, line: str = "", module: str = METHOD) -> Path:
    site = install(folder, module)
    (site / "stranger_method.py").write_text(HALF.replace("{line}", line))
    return site


def run(site: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Python with the plugin installed."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *sys.path])},
        cwd=cwd or site,
        capture_output=True,
        text=True,
        check=False,
    )


def check(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as the group ``plugins`` runs it."""
    return run(site, "-c", "from embedllm_bench.cli.plugins_check import command; command()", *arguments)


@pytest.mark.long
def test_pytest_makes_a_test_of_every_check(tmp_path: Path) -> None:
    tests = written(tmp_path / "tests")
    options = ("-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", "-q", "-rA")
    done = run(installed(tmp_path), *options, cwd=tests)
    assert done.returncode == 0, done.stdout
    assert "test_contract[plugin-stranger-imports-no-torch]" in done.stdout
    assert "test_contract[method-half-gaps]" in done.stdout
    assert "29 passed" in done.stdout

    broken = installed(tmp_path / "broken", "print('fitting')")
    done = run(broken, *options, cwd=tests)
    assert "half, silent: it printed or warned 'fitting'; tell of progress by methods.progress" in done.stdout
    assert "1 failed, 28 passed" in done.stdout


def test_pytest_says_that_a_plugin_is_not_installed(tmp_path: Path) -> None:
    tests = written(tmp_path / "tests", TEST.replace('"stranger"', '"strangr"'))
    done = run(installed(tmp_path), "-m", "pytest", "-p", "no:cacheprovider", "-q", cwd=tests)
    assert done.returncode != 0
    assert "plugin_contract: There is no plugin 'strangr'; there are built-in, stranger. Did you mean" in (
        done.stdout + done.stderr
    )


def test_the_command_lists_every_check(tmp_path: Path) -> None:
    done = check(installed(tmp_path), "stranger")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "stranger: 29 ok, 0 failed, 0 not run."
    assert done.stderr == ""


def test_at_a_terminal_the_bar_is_not_taken_for_what_a_method_prints(tmp_path: Path) -> None:
    site = installed(tmp_path)
    ours, theirs = pty.openpty()
    with (
        (tmp_path / "out").open("w") as out,
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from embedllm_bench.cli.plugins_check import command; command(['stranger'])",
            ],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *sys.path]), "TERM": "xterm"},
            stdout=out,
            stderr=theirs,
        ),
    ):
        os.close(theirs)
        drawn = b""
        with contextlib.suppress(OSError):  # how a terminal ends
            while part := os.read(ours, 4096):
                drawn += part
    os.close(ours)
    assert (tmp_path / "out").read_text().splitlines()[-1] == "stranger: 29 ok, 0 failed, 0 not run."
    assert b"half: silent" in drawn


def test_the_command_ends_in_1_and_says_what_broke(tmp_path: Path) -> None:
    site = installed(tmp_path, "import random; random.seed(0)")
    done = check(site, "stranger", "--format", "json")
    failed = [row for row in json.loads(done.stdout) if row["result"] != "ok"]
    assert done.returncode == 1
    assert failed == [
        {
            "kind": "method",
            "name": "half",
            "check": "random-generators",
            "promise": "Python's, NumPy's and torch's random generators are left as found",
            "result": "failed",
            "reason": "half, random-generators: Python's random generator was used or seeded; draw from a"
            " generator of your own made of self.seed.",
        }
    ]


def test_a_module_that_imports_torch_or_prints_is_told(tmp_path: Path) -> None:
    site = installed(tmp_path, module="import torch\nprint('hello')\n" + METHOD)
    rows = json.loads(check(site, "stranger", "--format", "json").stdout)
    assert [row["reason"] for row in rows if row["result"] == "failed"] == [
        (
            "stranger_plugin, imports-no-torch: importing it imports torch, which makes every command slow;"
            " import methods inside register_methods."
        ),
        "stranger_plugin, silent: importing it prints 'hello'.",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("print('registering')", "silent: its register_methods prints or warns 'registering'."),
        (
            "import torch; torch.set_default_dtype(torch.float64)",
            f"process: its register_methods changes torch's default dtype {WHOLE}",
        ),
    ],
)
def test_a_hook_that_prints_or_changes_the_process_is_told(line: str, said: str, tmp_path: Path) -> None:
    site = installed(tmp_path, module=f"{METHOD}    {line}\n")
    rows = json.loads(check(site, "stranger", "--format", "json").stdout)
    assert [row["reason"] for row in rows if row["result"] == "failed"] == [f"stranger_plugin, {said}"]


def test_a_module_that_changes_the_process_is_told(tmp_path: Path) -> None:
    site = installed(tmp_path, module="import random; random.seed(0)\n" + METHOD)
    rows = json.loads(check(site, "stranger", "--format", "json").stdout)
    assert [row["reason"] for row in rows if row["result"] == "failed"] == [
        f"stranger_plugin, process: importing it changes Python's random generator {WHOLE}"
    ]


def test_a_hook_that_registers_nothing_is_noted(tmp_path: Path) -> None:
    site = installed(tmp_path, module=f"{METHOD}\n\n@hookimpl\ndef register_models(register):\n    pass\n")
    done = check(site, "stranger")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-2:] == [
        (
            "not run: stranger, register_models: its register_models registers nothing; call register(...) for each"
            " thing, or leave the hook out."
        ),
        "stranger: 29 ok, 0 failed, 1 not run.",
    ]


@pytest.mark.parametrize(
    ("hooks", "said"),
    [
        (("register_methods",), "its register_methods registers nothing"),
        (
            ("register_methods", "register_models"),
            "its register_methods and register_models register nothing",
        ),
    ],
)
def test_a_plugin_that_registers_nothing_at_all_is_at_fault(
    hooks: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    empty = "from embedllm_bench.hookspecs import hookimpl\n" + "".join(
        f"\n\n@hookimpl\ndef {hook}(register):\n    pass\n" for hook in hooks
    )
    site = installed(tmp_path, module=empty)
    done = check(site, "stranger")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == [
        f"failed: stranger, registers: {said}; call register(...) for each thing.",
        "stranger: 4 ok, 1 failed, 0 not run.",
    ]


def test_a_module_that_cannot_be_imported_is_told() -> None:
    with pytest.raises(AssertionError) as raised:
        check_entry("no_such_module")
    assert str(raised.value) == (
        "no_such_module, imports: it cannot be imported: ModuleNotFoundError: No module named 'no_such_module'."
    )
    with pytest.raises(UsageError, match="'a-b' is no module's name"):
        check_entry("a-b")
    check_entry("embedllm_bench.builtin")


EVERYTHING = """
from dataclasses import replace
from pathlib import Path

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.encoders.base import KnownEncoder, Weights
from embedllm_bench.encoders.catalog import catalog
from embedllm_bench.exchange.csv_table import CSV
from embedllm_bench.hookspecs import hookimpl


@hookimpl
def register_methods(register):
    from tests.testing.planted import PLANTED

    register(PLANTED["gaps"])


@hookimpl
def register_encoders(register):
    from tests.testing.planted_encoders import Centred

    register(KnownEncoder("letters", 768, lambda settings, revision: Centred()))
    register(KnownEncoder("far", 8, lambda settings, revision: Centred(), lambda: Weights(False, "on the moon")))


@hookimpl
def register_importers(register):
    register(replace(CSV, name="comma"))


@hookimpl
def register_models(register):
    register(ModelCard("org/a"))


@hookimpl
def register_benchmarks(register):
    register(
        BenchmarkCard("mine", task="mine", metric="acc", output_type="multiple_choice"),
        questions=Path(__file__).with_name("questions.csv"),
    )
"""


@pytest.fixture
def everything(tmp_path: Path) -> Plugins:
    """A plugin with something of every kind, some of it at fault."""
    (tmp_path / "everything.py").write_text(EVERYTHING)
    (tmp_path / "questions.csv").write_text("question,A,B,answer\n")
    return Plugins((str(tmp_path / "everything.py"),))


def test_a_method_in_a_file_is_held_against_one_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        f"{HALF.format(line='')}\n\nfrom embedllm_bench.hookspecs import hookimpl\n\n\n"
        "@hookimpl\ndef register_methods(register):\n    register(Half)\n"
    )
    checks = plugin_checks(registrations("mine", Plugins((str(tmp_path / "mine.py"),))))
    (remembers,) = (bound for bound in checks if bound.check == "remembers")
    remembers()  # where that cannot be done it raises NotRun


def test_where_forecasts_are_wrong_that_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from embedllm_bench.hookspecs import hookimpl\n\n\n@hookimpl\ndef register_methods(register):\n"
        "    from tests.testing.planted import Transposed\n\n    register(Transposed)\n"
    )
    failed, put_off = [], []
    for bound in plugin_checks(registrations("mine", Plugins((str(tmp_path / "mine.py"),)))):
        try:
            bound()
        except AssertionError:
            failed.append(bound.check)
        except NotRun as reason:
            put_off.append(str(reason))
    assert failed == ["probabilities"]
    assert len(put_off) > 15
    assert set(put_off) == {"its probabilities come first"}


def test_everything_that_a_plugin_registers_is_checked(everything: Plugins, tmp_path: Path) -> None:
    outcome: dict[tuple[str, str], set[str]] = {}
    for bound in plugin_checks(registrations("everything", everything), {"comma": example("csv", tmp_path)}):
        state = "skipped" if bound.skip else "ok"
        try:
            bound()
        except AssertionError:
            state = bound.check
        outcome.setdefault((bound.kind, bound.thing), set()).add(state)
    assert outcome == {
        ("plugin", "everything"): {"ok"},
        ("method", "sound"): {"ok", "gaps"},
        ("encoder", "letters"): {"ok", "catalog-entry", "company"},
        ("encoder", "far"): {"skipped"},
        ("importer", "comma"): {"ok"},
        ("cards", "everything"): {"ok"},
        ("benchmark", "mine"): {"questions"},
    }


def test_what_cannot_be_checked_says_why(everything: Plugins) -> None:
    checks = plugin_checks(registrations("everything", everything))
    assert [(check.thing, check.skip) for check in checks if check.skip] == [
        ("far", "no weights here: on the moon"),
        ("comma", "give an example of its format: --example comma=PATH"),
    ]


def test_a_broken_plugin_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "failing.py"
    file.write_text(
        "from embedllm_bench.hookspecs import hookimpl\n\n\n"
        "@hookimpl\ndef register_methods(register):\n    raise ImportError(\"No module named 'moon'\")\n"
    )
    with pytest.raises(PluginError) as raised:
        registrations("failing", Plugins((str(file),)))
    assert str(raised.value).startswith(
        "Plugin 'failing' is broken and cannot be checked: its register_methods failed (ImportError: No module"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("built-in", "--example", "csv"), "'csv' is no example; write FORMAT=PATH."),
        (("built-in", "--example", "csv=/no/such.csv"), "there is no file /no/such.csv."),
    ],
)
def test_a_wrong_example_is_a_wrong_usage(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_an_example_of_no_importer_is_a_wrong_usage() -> None:
    with pytest.raises(UsageError, match="Plugin 'built-in' registers no importer 'xml'; it has"):
        command(["built-in", "--example", f"xml={__file__}"], standalone_mode=False)


def test_the_kit_needs_no_pytest() -> None:
    code = "import sys, embedllm_bench.testing; print('pytest' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
