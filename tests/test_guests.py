"""What a plugin's code may do to the program it runs in: nothing."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from embedllm_bench.process import generators, guest, settings
from tests.cli.test_cli import call
from tests.registry.distributions import METHOD

ENCODER = """
import sys

from embedllm_bench.encoders.base import KnownEncoder
from embedllm_bench.exchange.base import Importer
from embedllm_bench.hookspecs import hookimpl


def end(*given):
    sys.exit("no licence")


@hookimpl
def register_encoders(register):
    register(KnownEncoder("ending", 3, make=end))


@hookimpl
def register_importers(register):
    register(Importer("ending", "ends", lambda path: path.suffix == ".ending", end))
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "s.db"
    call("simulate", "--models", 4, "--questions", 120, "--benchmarks", 2, "--dimension", 8, "-o", path)
    return path


def method(folder: Path, *, fit: str = "", top: str = "", hook: str = "") -> Path:
    """A plugin file whose method does something else as well."""
    code = METHOD.format(name="half")
    code = code.replace("self.models_ =", f"{fit}\n        self.models_ =") if fit else code
    path = folder / "mine.py"
    path.write_text(f"{top}\n{code}    {hook}\n")
    return path


def compared(store: Path, plugin: Path, *methods: str, code: int = 0) -> str:
    named = [text for name in methods for text in ("--method", name)]
    return call("--plugin", plugin, "compare", "--store", store, *named, "--task", "forecasting", code=code)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("raise SystemExit(7)", "SystemExit: 7, mine.py line 15 (of plugin 'mine')"),
        (
            "raise ValueError('no good\\n\\nat all')",
            "ValueError: no good, mine.py line 15 (of plugin 'mine')",
        ),
        ("raise RuntimeError", "RuntimeError, mine.py line 15 (of plugin 'mine')"),
        ("raise BaseException('odd')", "BaseException: odd, mine.py line 15 (of plugin 'mine')"),
    ],
)
def test_a_method_that_ends_the_program_is_a_row_with_its_reason(
    line: str, reason: str, store: Path, tmp_path: Path
) -> None:
    out = compared(store, method(tmp_path, fit=line), "half", "knn", code=3)
    assert f"FAILED half on question-0-0of10: {reason}\n" in out
    assert "knn" in out
    assert "subtask-mean*" in out


def test_an_encoder_or_importer_that_ends_the_program_is_named(store: Path, tmp_path: Path) -> None:
    plugin, table = tmp_path / "ending.py", tmp_path / "a.ending"
    plugin.write_text(ENCODER)
    table.write_text("?")
    for command, kind in (
        (("encode", "--encoder", "ending", "--store", store), "encoder"),
        (("import", table, "--store", tmp_path / "t.db"), "format"),
    ):
        assert call("--plugin", plugin, *command, code=1).startswith(
            f"Error: The {kind} 'ending' of plugin 'ending' failed (SystemExit: no licence, ending.py line 10);"
        )


@pytest.mark.parametrize("where", ["top", "hook", "fit"])
def test_settings_of_the_process_end_with_the_plugin_s_code(where: str, store: Path, tmp_path: Path) -> None:
    line = "import torch; torch.set_default_dtype(torch.float64); torch.set_grad_enabled(False)"
    plugin = method(tmp_path, **{where: line})
    out = compared(store, plugin, "half", "embedllm")
    assert "FAILED" not in out


def test_what_a_plugin_prints_goes_to_stderr(tmp_path: Path) -> None:
    plugin = method(tmp_path, top="print('at the top')", hook="print('in a hook')")
    script = str(Path(sys.executable).with_name("embedllm-bench"))
    arguments = ("--plugin", str(plugin), "plugins", "--format", "json")
    done = subprocess.run([script, *arguments], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)[-1]["registered"] == {"methods": ["half"]}
    assert done.stderr.splitlines() == ["at the top", "in a hook"]


def test_a_guest_leaves_generators_and_settings_as_found() -> None:
    before = generators() | settings()
    with guest():
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002 - what a stranger does
        np.seterr(all="raise")
        torch.manual_seed(1)
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(torch.get_num_threads() + 1)
        torch.set_grad_enabled(False)
        torch.use_deterministic_algorithms(True)
    assert generators() | settings() == before
