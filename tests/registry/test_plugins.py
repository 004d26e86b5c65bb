"""Where plugins come from, and what a broken one does to the others: nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from embedllm_bench import Plugins, Store, import_table
from embedllm_bench.errors import PluginError, UnknownNameError
from embedllm_bench.registry import look_up
from tests.cli.test_cli import call
from tests.registry.distributions import METHOD, install

if TYPE_CHECKING:
    from pathlib import Path

HOOK = "from embedllm_bench.hookspecs import hookimpl\n\n@hookimpl\n"
BARE = """from embedllm_bench.hookspecs import hookimpl
from embedllm_bench.methods.base import Method


class Bare(Method): ...


@hookimpl
def register_methods(register):
    register(Bare)
"""
HOOKS = (
    "register_models",
    "register_benchmarks",
    "register_methods",
    "register_encoders",
    "register_importers",
)
PLAIN = "let it be a plain function that calls register(...) for each thing"
#: Code of a plugin, and what is said of it.
BROKEN = {
    "import": (
        "import nowhere_to_be_found",
        "it cannot be imported (ModuleNotFoundError: No module named 'nowhere_to_be_found', bad.py line 1)",
    ),
    "syntax": ("def", "it cannot be imported (SyntaxError: invalid syntax (bad.py, line 1))"),
    "exit": ("import sys\nsys.exit(3)", "it cannot be imported (SystemExit: 3, bad.py line 2)"),
    "skipped": (
        "class Skipped(BaseException): ...\nraise Skipped('no torch')",  # as pytest.importorskip does
        "it cannot be imported (Skipped: no torch, bad.py line 2)",
    ),
    "argument": (
        f"{HOOK}def register_methods(reg): ...",
        "its register_methods takes reg; its one argument has to be called register",
    ),
    "no-argument": (
        f"{HOOK}def register_methods(): pass",
        "its register_methods does not take register; write it as register_methods(register)",
    ),
    "returns": (
        METHOD.format(name="half").replace("    register(Half)", "    return [Half]"),
        f"its register_methods returns a list; {PLAIN}",
    ),
    "yields": (
        METHOD.format(name="half").replace("    register(Half)", "    yield Half"),
        f"its register_methods has a yield in it, so that nothing in it ran; {PLAIN}",
    ),
    "async": (
        METHOD.format(name="half").replace("def register_methods", "async def register_methods"),
        f"its register_methods is async, so that nothing in it ran; {PLAIN}",
    ),
    "two-words": (
        METHOD.format(name="one half"),
        "its register_methods registers the method 'one half'; a name is one word without '=' and ','",
    ),
    "no-dataclass": (
        METHOD.format(name="half")
        .replace("@dataclass\n", "")
        .replace('"one half"', '"one half"\n    k: int = 3'),
        "its register_methods registers the class Half, whose k is no setting; put @dataclass above the class",
    ),
    "misspelt": (
        f"{HOOK}def register_method(register): ...",
        "it has a hook register_method, which there is not; it is spelt register_methods",
    ),
    "unmarked": (
        "def register_methods(register): ...",
        "its register_methods is not marked as a hook; put embedllm_bench.hookspecs.hookimpl before it",
    ),
    "empty": (
        "",
        f"it has no hook; there are {', '.join(HOOKS)}",
    ),
    "raises": (
        f"{HOOK}def register_methods(register):\n    return 1 / 0",
        "its register_methods failed (ZeroDivisionError: division by zero, bad.py line 5)",
    ),
    "number": (
        f"{HOOK}def register_methods(register):\n    register(3)",
        "its register_methods registers 3, which is not a subclass of Method",
    ),
    "abstract": (
        BARE,
        "its register_methods registers the class Bare, which lacks name, summary, fit, predict_proba",
    ),
    "duplicate": (METHOD.format(name="knn"), "plugins 'built-in' and 'bad' both register the method 'knn'"),
}


def plugin_file(folder: Path, code: str, name: str = "bad") -> str:
    (folder / f"{name}.py").write_text(code)
    return str(folder / f"{name}.py")


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_named_with_its_reason_and_takes_nothing_with_it(
    case: str, tmp_path: Path
) -> None:
    code, reason = BROKEN[case]
    plugins = Plugins(
        (plugin_file(tmp_path, code), plugin_file(tmp_path, METHOD.format(name="half"), "good"))
    )
    rows = {row.source.name: row for row in plugins.listing()}
    assert (rows["bad"].state, rows["bad"].reason) == ("broken", reason)
    assert rows["good"].state == rows["built-in"].state == "sound"
    assert rows["good"].registered == {"methods": ("half",)}
    assert {"knn", "half"} <= set(plugins.methods)
    assert plugins.methods["knn"].plugin == "built-in"
    with pytest.raises(PluginError, match=r"Plugin 'bad' is broken: .*EMBEDLLM_BENCH_DISABLE=bad"):
        plugins.check()


def test_ending_the_program_is_the_user_s_and_no_fault(tmp_path: Path) -> None:
    plugins = Plugins((plugin_file(tmp_path, "raise KeyboardInterrupt"),))
    with pytest.raises(KeyboardInterrupt):
        plugins.listing()


@pytest.mark.parametrize("case", ["import", "misspelt", "raises"])
def test_a_name_that_a_broken_plugin_may_have_says_so(case: str, tmp_path: Path) -> None:
    plugins = Plugins((plugin_file(tmp_path, BROKEN[case][0]),))
    with pytest.raises(
        PluginError, match="There is no method 'rasch' among the sound plugins, and plugin 'bad'"
    ):
        look_up(plugins.methods, ["rasch"])
    with pytest.raises(UnknownNameError, match=r"There is no method 'knm'.* Did you mean 'knn'"):
        look_up(plugins.methods, ["knm"])


def test_what_a_hook_registered_before_it_failed_is_not_half_there(tmp_path: Path) -> None:
    plugins = Plugins((plugin_file(tmp_path, METHOD.format(name="half") + "    raise ValueError('later')"),))
    assert "half" not in plugins.methods
    with pytest.raises(PluginError) as error:
        look_up(plugins.methods, ["half"])
    assert str(error.value) == (
        "Plugin 'bad' is broken: its register_methods failed (ValueError: later, bad.py line 26); mend it, or"
        " leave it out with EMBEDLLM_BENCH_DISABLE=bad."
    )


def test_a_name_of_two_plugins_is_of_neither_until_one_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tuple(plugin_file(tmp_path, METHOD.format(name="half"), name) for name in ("one", "two"))
    with pytest.raises(PluginError) as error:
        look_up(Plugins(files).methods, ["half"])
    assert str(error.value) == (
        "Plugins 'one' and 'two' both register the method 'half'; leave one out with"
        " EMBEDLLM_BENCH_DISABLE=one or EMBEDLLM_BENCH_DISABLE=two."
    )
    monkeypatch.setenv("EMBEDLLM_BENCH_DISABLE", "one")
    assert Plugins(files).methods["half"].plugin == "two"
    assert [row.state for row in Plugins(files).listing()] == ["sound", "sound", "disabled"]


def test_what_is_left_out_on_request_is_named_where_something_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "one.py"
    file.write_text(METHOD.format(name="half"))
    monkeypatch.setenv("EMBEDLLM_BENCH_DISABLE", "one")
    with pytest.raises(UnknownNameError, match=r"subtask-mean\. EMBEDLLM_BENCH_DISABLE leaves out 'one'\."):
        look_up(Plugins((str(file),)).methods, ["half"])
    with pytest.raises(UnknownNameError, match=r"embedllm\. EMBEDLLM_BENCH_DISABLE leaves out 'one'\."):
        import_table(
            Store.open(tmp_path / "s.db", write=True), file, kind="half", plugins=Plugins((str(file),))
        )


def test_installed_plugins_are_found_and_two_of_one_name_are_both_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "half-one", METHOD.format(name="half"), version="0.3")
    install(tmp_path, "first-dist", METHOD.format(name="x"), plugin="same")
    install(tmp_path, "second-dist", METHOD.format(name="y"), plugin="same", version="2.0")
    monkeypatch.syspath_prepend(tmp_path)
    plugins = Plugins()
    rows = [(r.source.name, r.source.origin, r.source.version, r.state) for r in plugins.listing()]
    assert rows[1:] == [
        ("half-one", "half-one", "0.3", "sound"),
        ("same", "first-dist", "1.0", "broken"),
        ("same", "second-dist", "2.0", "broken"),
    ]
    with pytest.raises(PluginError) as error:
        look_up(plugins.methods, ["x"])
    assert str(error.value) == (
        "There is no method 'x' among the sound plugins, and plugin 'same' is broken: first-dist 1.0 and"
        " second-dist 2.0 both have a plugin of that name; uninstall one, or leave one out with"
        " EMBEDLLM_BENCH_DISABLE=first-dist or EMBEDLLM_BENCH_DISABLE=second-dist."
    )
    assert plugins.listing()[-1].remedy == (
        "uninstall one, or leave one out with EMBEDLLM_BENCH_DISABLE=first-dist or EMBEDLLM_BENCH_DISABLE=second-dist"
    )
    monkeypatch.setenv("EMBEDLLM_BENCH_DISABLE", "second-dist")
    assert "x" in Plugins().methods


def test_each_kind_is_asked_for_only_when_it_is_needed(tmp_path: Path) -> None:
    code = (
        HOOK + "def register_models(register):\n    from embedllm_bench import ModelCard\n"
        "    register(ModelCard('me/tiny'))\n\n@hookimpl\ndef register_methods(register):\n    import torch\n"
    )
    script = (
        "import sys\nfrom embedllm_bench import Plugins\n"
        "plugins = Plugins((sys.argv[1],))\n"
        "print('me/tiny' in plugins.models, 'gsm8k' in plugins.benchmarks)\n"
        "heavy = {'torch', 'lm_eval', 'pandas', 'transformers', 'sqlalchemy', 'scipy', 'sklearn', 'pyarrow'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
        "plugins.methods\nprint('torch' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, plugin_file(tmp_path, code)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["True True", "HEAVY []", "True"]


def test_the_list_of_plugins_as_json(tmp_path: Path) -> None:
    path = plugin_file(tmp_path, METHOD.format(name="half"), "mine")
    version = f"sha256:{hashlib.sha256(METHOD.format(name='half').encode()).hexdigest()[:12]}"
    rows = json.loads(call("--plugin", path, "plugins", "--format", "json"))
    assert rows[-1] == {
        "name": "mine", "version": version, "origin": path, "state": "sound", "reason": "",
        "remedy": "", "hooks": ["register_methods"], "registered": {"methods": ["half"]},
    }  # fmt: skip
    assert rows[0]["name"] == "built-in"
    assert len(rows[0]["registered"]["models"]) == 222


def test_a_plugin_is_found_by_its_name(tmp_path: Path) -> None:
    plugins = Plugins((plugin_file(tmp_path, "import nowhere"), plugin_file(tmp_path, BARE, "bare")))
    assert list(plugins.find("bare").hooks) == ["register_methods"]
    with pytest.raises(PluginError, match="Plugin 'bad' is broken: it cannot be imported"):
        plugins.find("bad")
    with pytest.raises(
        UnknownNameError, match=r"There is no plugin 'bear'; there are built-in, bare. Did you mean 'bare'"
    ):
        plugins.find("bear")
