"""Plugins at the command line: what each kind does there, and that a broken one stops nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_cli import call
from tests.registry.distributions import METHOD, install

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = "import nowhere_to_be_found"
REASON = (
    "it cannot be imported (ModuleNotFoundError: No module named 'nowhere_to_be_found', broken.py line 1)"
)
LEFT_OUT = (
    f"Left out, as plugin 'broken' is broken: {REASON}. See 'embedllm-bench plugins';"
    " EMBEDLLM_BENCH_DISABLE=broken silences this."
)
ALL_KINDS = """
from pathlib import Path

from embedllm_bench import BenchmarkCard, ModelCard
from embedllm_bench.hookspecs import hookimpl


@hookimpl
def register_models(register):
    register(ModelCard("me/tiny", family="Own"))


@hookimpl
def register_benchmarks(register):
    card = BenchmarkCard(
        "tides", task="tides", metric="acc", output_type="multiple_choice",
        text="{question}\\n{choices}", question_id="id",
    )
    register(card, Path(__file__).with_name("tides.jsonl"))
    register(BenchmarkCard("mine", task="gsm8k", metric="exact_match", output_type="generate_until"))


@hookimpl
def register_encoders(register):
    from embedllm_bench.encoders.base import KnownEncoder

    register(KnownEncoder("lengths", 2, lambda settings, revision: Lengths()))


class Lengths:
    name, revision, limit = "lengths", "1", None

    def lengths(self, texts):
        import numpy as np

        return np.array([len(text) for text in texts])

    def encode(self, texts):
        import numpy as np

        return np.array([[len(text), 1] for text in texts], dtype=np.float32)


@hookimpl
def register_importers(register):
    import pyarrow as pa

    from embedllm_bench.exchange.base import Batch, Importer, TableFile

    def open_marks(path, options):
        rows = [line.split() for line in path.read_text().splitlines()]
        columns = ("model", "benchmark", "question_id", "prompt", "correct")
        table = pa.table({name: [row[i] for row in rows] for i, name in enumerate(columns)})
        return TableFile(columns, (path,), lambda: iter([Batch(table, 0, 1.0)]), lambda row: f"line {row + 1}")

    register(Importer("marks", "blank-separated", lambda path: path.suffix == ".marks", open_marks))
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "s.db"
    call("simulate", "--models", 4, "--questions", 120, "--benchmarks", 2, "--dimension", 8, "-o", path)
    return path


@pytest.fixture
def broken(tmp_path: Path) -> str:
    (tmp_path / "broken.py").write_text(BROKEN)
    return str(tmp_path / "broken.py")


def test_commands_that_do_not_need_a_broken_plugin_work(broken: str, store: Path) -> None:
    assert "Commands:" in call("--plugin", broken, "--help")
    assert "Left out" not in call("--plugin", broken, "status", "--store", store)
    methods = call("--plugin", broken, "methods")
    assert "subtask-mean" in methods
    assert methods.count(LEFT_OUT) == 1
    compared = call("compare", "--store", store, "--task", "routing", EMBEDLLM_BENCH_PLUGINS=broken)
    assert compared.count(LEFT_OUT) == 1
    assert "embedllm" in compared
    assert "Left out" not in call("--plugin", broken, "methods", EMBEDLLM_BENCH_DISABLE="broken")


def test_a_command_that_needs_it_fails_with_one_sentence(broken: str, store: Path) -> None:
    said = call("--plugin", broken, "compare", "--store", store, "--method", "rasch", code=1)
    assert said.splitlines()[-1] == (
        f"Error: There is no method 'rasch' among the sound plugins, and plugin 'broken' is broken: {REASON};"
        " mend it, or leave it out with EMBEDLLM_BENCH_DISABLE=broken."
    )
    for command in (
        ("encode", "--encoder", "tfidf"),
        ("import", broken, "--format", "notes"),
        ("collect", "--model", "me/tinier", "--benchmark", "tides"),
    ):
        assert "among the sound plugins, and plugin 'broken' is broken" in call(
            "--plugin", broken, *command, "--store", store, code=1
        )


def test_strict_makes_any_broken_plugin_an_error(broken: str) -> None:
    said = call("--strict-plugins", "--plugin", broken, "models", code=1)
    assert said == (
        f"Error: Plugin 'broken' is broken: {REASON}; mend it, or leave it out with"
        " EMBEDLLM_BENCH_DISABLE=broken.\n"
    )
    assert "gsm8k" in call("--strict-plugins", "benchmarks")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nowhere.py", "there is no file nowhere.py."),
        ("no.such.module", "there is no module no.such.module."),
        ("json.nothing", "there is no module json.nothing."),
        ("json.decoder.nothing", "there is no module json.decoder.nothing."),
        ("json..decoder", "there is no module json..decoder."),
    ],
)
def test_a_file_or_module_that_is_not_there_is_wrong_usage(text: str, said: str) -> None:
    assert said in call("--plugin", text, "methods", code=2)
    assert "Commands:" in call("--plugin", text, "--help")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/nowhere.py", "it cannot be imported (FileNotFoundError: there is no file /nowhere.py)"),
        ("no.such.module", "it cannot be imported (ModuleNotFoundError: there is no module no.such.module)"),
    ],
)
def test_in_the_environment_what_is_not_there_stops_nothing_else(text: str, reason: str, store: Path) -> None:
    assert "Left out" not in call("status", "--store", store, EMBEDLLM_BENCH_PLUGINS=text)
    row = json.loads(call("plugins", "--format", "json", EMBEDLLM_BENCH_PLUGINS=text))[-1]
    assert (row["state"], row["reason"]) == ("broken", reason)
    assert "is broken: it cannot be imported" in call(
        "--strict-plugins", "status", "--store", store, code=1, EMBEDLLM_BENCH_PLUGINS=text
    )


def test_a_module_of_a_package_that_cannot_be_imported_is_a_broken_plugin(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text(BROKEN)
    (tmp_path / "package" / "mine.py").write_text(METHOD.format(name="half"))
    said = call("--plugin", "package.mine", "methods", cwd=tmp_path)
    assert "Left out, as plugin 'package.mine' is broken: it cannot be imported (ModuleNotFoundError" in said
    assert "subtask-mean" in said


@pytest.mark.parametrize(
    "text", ["broken", "broken.py", "./broken.py", "Broken", "BROKEN.PY", "{folder}/broken.py"]
)
def test_a_plugin_is_left_out_by_any_of_its_names(text: str, broken: str, tmp_path: Path) -> None:
    name = text.format(folder=tmp_path)
    assert call("--plugin", broken, "methods", cwd=tmp_path, EMBEDLLM_BENCH_DISABLE=name).count("broken") == 0


@pytest.mark.parametrize("text", ["mine", "mine.py", "./mine.py"])
def test_a_plugin_named_as_a_module_is_left_out_by_its_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(METHOD.format(name="half"))
    said = call("--plugin", "mine", "methods", cwd=tmp_path, EMBEDLLM_BENCH_DISABLE=text)
    assert "half" not in said
    assert "which is no plugin here" not in said


def test_an_installed_plugin_is_left_out_by_package_or_module(tmp_path: Path) -> None:
    install(tmp_path, "half-method", METHOD.format(name="half"), plugin="mine")
    for name in ("mine", "Half_Method", "half_method", "HALF-METHOD"):
        out = call("methods", PYTHONPATH=str(tmp_path), EMBEDLLM_BENCH_DISABLE=name)
        assert "half" not in out
    out = call("methods", PYTHONPATH=str(tmp_path), EMBEDLLM_BENCH_DISABLE="mine,yours")
    said = "EMBEDLLM_BENCH_DISABLE names 'yours', which is no plugin here; see 'embedllm-bench plugins'.\n"
    assert out.count(said) == 1
    assert call("plugins", PYTHONPATH=str(tmp_path), EMBEDLLM_BENCH_DISABLE="yours").count(said) == 1


def test_a_module_of_the_current_folder_is_found_and_a_slip_of_the_pen_is_told(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "mine.py").write_text(METHOD.format(name="half"))
    (tmp_path / "my.plug.py").write_text(METHOD.format(name="half"))
    assert "half" in call("--plugin", "package.mine", "methods", cwd=tmp_path)
    row = json.loads(call("--plugin", "package.mine", "plugins", "--format", "json", cwd=tmp_path))[-1]
    assert row["version"] == f"sha256:{hashlib.sha256(METHOD.format(name='half').encode()).hexdigest()[:12]}"
    for text, said in (
        ("my.plug", "there is no module my.plug; did you mean my.plug.py?"),
        ("package/mine", "there is no file package/mine; did you mean package/mine.py?"),
        (str(tmp_path), f"{tmp_path} is a folder; give a file in it, or a module's name."),
        (".", ". is a folder; give a file in it, or a module's name."),
        ("", "give a file or a module."),
    ):
        assert said in call("--plugin", text, "methods", cwd=tmp_path, code=2)


def test_a_hook_that_registers_nothing_is_told_where_its_kind_is_needed(store: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(METHOD.format(name="half").replace("    register(Half)", "    pass"))
    named = ("--plugin", tmp_path / "mine.py")
    assert "sound,methods,its register_methods registers nothing" in call(
        *named, "plugins", "--format", "csv"
    )
    told = (
        "The register_methods of plugin 'mine' registers nothing; call register(...) in it, or leave it out."
        " EMBEDLLM_BENCH_DISABLE=mine silences this.\n"
    )
    listed = call(*named, "methods")
    assert listed.count(told) == 1
    assert "subtask-mean" in listed
    said = call(*named, "compare", "--store", store, "--method", "half", code=2)
    assert said.startswith(told)
    assert "subtask-mean. The register_methods of plugin 'mine' registers nothing.\n" in said
    for command in (("benchmarks",), ("status", "--store", store)):  # which need no method
        assert "registers nothing" not in call(*named, *command)
    assert "registers nothing" not in call(*named, "methods", EMBEDLLM_BENCH_DISABLE="mine")


def test_in_80_columns_no_name_is_broken(tmp_path: Path) -> None:
    name = "embedllm-bench-example-importer"
    install(tmp_path, name, METHOD.format(name="half"), plugin=name)
    (tmp_path / "broken.py").write_text(BROKEN)
    out = call("--plugin", "broken.py", "plugins", cwd=tmp_path, PYTHONPATH=str(tmp_path), COLUMNS="80")
    version = f"sha256:{hashlib.sha256(BROKEN.encode()).hexdigest()[:12]}"
    words = {word.strip("│,;") for word in out.split()}
    assert {len(line) for line in out.splitlines()} == {80}
    assert {name, "all-MiniLM-L6-v2", "hashed-ngrams", "embedllm", "half", "broken.py", version} <= words
    assert {"benchmarks:", "encoders:", "importers:", "methods:", "models:"} <= words
    cells = [line.strip("│").split("│")[-1].strip() for line in out.splitlines()]
    assert f"{REASON}; mend it, or leave it out with EMBEDLLM_BENCH_DISABLE=broken" in " ".join(cells)


def test_a_plugin_s_checks_fit_in_80_columns(tmp_path: Path) -> None:
    name = "embedllm-bench-example-importer"
    install(tmp_path, name, METHOD.format(name="half").replace("    register(Half)", "    pass"), plugin=name)
    out = call("plugins", "check", name, code=1, PYTHONPATH=str(tmp_path), COLUMNS="80")
    table = [line for line in out.splitlines() if line[0] in "┏┃┡│└"]
    assert len({len(line) for line in table}) == 1
    assert len(table[0]) <= 80
    assert sum(f"│ plugin │ {name} │" in line for line in table) == 5


def test_an_installed_method_is_in_the_table_and_can_be_set(store: Path, tmp_path: Path) -> None:
    install(tmp_path, "half-method", METHOD.format(name="half"))
    out = call(
        "compare", "--store", store, "--method", "half", "--task", "forecasting", PYTHONPATH=str(tmp_path)
    )
    assert "half" in out
    rows = {
        row["name"]: row for row in json.loads(call("methods", "--format", "json", PYTHONPATH=str(tmp_path)))
    }
    assert rows["half"]["plugin"] == "half-method"


def test_cards_encoders_and_formats_of_a_plugin_are_used_by_their_names(tmp_path: Path) -> None:
    plugin, mine = tmp_path / "mine.py", tmp_path / "mine.db"
    plugin.write_text(ALL_KINDS)
    (tmp_path / "tides.jsonl").write_text(
        '{"id": "1", "question": "When does the tide turn?", "choices": ["noon", "later"], "answer": 1}\n'
    )
    (tmp_path / "a.marks").write_text("me/tiny tides 1 turn 1\nme/other tides 1 turn 0\n")
    models = json.loads(call("--plugin", plugin, "models", "--family", "own", "--format", "json"))
    assert models == [{"id": "me/tiny", "family": "Own", "origin": "plugin mine", "graded": 0}]
    said = call("--plugin", plugin, "import", tmp_path / "a.marks", "--store", mine)
    assert "2 outcomes of 2 models at 1 question" in said
    assert "Read as marks, a format of plugin 'mine'." in said
    said = call("--plugin", plugin, "encode", "--encoder", "lengths", "--store", mine)
    assert "1 of 1 questions got vectors of 2 numbers by lengths@1" in said
    rows = json.loads(call("--plugin", plugin, "encoders", "--store", mine, "--format", "json"))
    assert [(r["name"], r["plugin"], r["vectors"]) for r in rows][-1] == ("lengths", "mine", 1)
    said = call("--plugin", plugin, "add-benchmark", "tides", "--store", mine)
    assert said == f"{mine}: the card of tides, 1 question, graded by acc (filter none); 0 repeat a text.\n"
    # the store has it now, and asks it without the plugin
    plan = call("collect", "--model", "Qwen/Qwen3-0.6B", "--benchmark", "tides", "--dry-run", "--store", mine)
    assert "1 outcome to collect" in plan


def test_a_plugin_s_questions_can_be_collected_at_once_and_are_read_when_used(tmp_path: Path) -> None:
    plugin, mine = tmp_path / "mine.py", tmp_path / "mine.db"
    plugin.write_text(ALL_KINDS)
    assert "tides" in call("--plugin", plugin, "benchmarks")
    collect = ("--plugin", plugin, "collect", "--model", "me/tiny", "--benchmark", "tides", "--dry-run")
    said = call(*collect, "--store", mine, code=1)
    assert said == f"Error: {tmp_path / 'tides.jsonl'} cannot be read as jsonl: No such file or directory.\n"
    (tmp_path / "tides.jsonl").write_text('{"question": "Is it ebb?", "answer": "no"}\n')
    assert (
        "the card of 'tides' says output_type multiple_choice, and its questions are generate_until"
        in call(*collect, "--store", mine, code=1)
    )
    (tmp_path / "tides.jsonl").write_text('{"question": "Ebb?", "choices": ["yes", "no"], "answer": "B"}\n')
    assert "1 outcome to collect" in call(*collect, "--store", mine)


def test_a_plugin_s_card_leaves_no_room_for_options(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(ALL_KINDS)
    said = call(
        "--plugin", tmp_path / "mine.py", "add-benchmark", "mine", "--metric", "acc", "--store", tmp_path / "m.db",
        code=2,
    )  # fmt: skip
    assert said == "Error: The plugin's card says how mine is asked and graded; leave the options out.\n"


FAILING = """
from embedllm_bench.encoders.base import KnownEncoder
from embedllm_bench.exchange.base import Importer
from embedllm_bench.hookspecs import hookimpl


def fail(*given):
    raise ZeroDivisionError("oh")


@hookimpl
def register_encoders(register):
    register(KnownEncoder("failing", 3, make=fail, weights=fail))


@hookimpl
def register_importers(register):
    register(Importer("failing", "fails", lambda path: path.suffix == ".csv" and fail(), fail))
"""


def test_code_of_a_plugin_that_fails_at_work_is_named(store: Path, tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    (tmp_path / "t.csv").write_text("model,benchmark,question_id,prompt,correct\nm,b,1,?,1\n")
    named, mine = ("--plugin", tmp_path / "failing.py"), tmp_path / "mine.db"
    for command, kind in (
        (("encode", "--encoder", "failing", "--store", store), "encoder"),
        (("import", tmp_path / "t.csv", "--format", "failing", "--store", mine), "format"),
    ):
        assert call(*named, *command, code=1) == (
            f"Error: The {kind} 'failing' of plugin 'failing' failed (ZeroDivisionError: oh, failing.py line 8);"
            " mend it, or leave it out with EMBEDLLM_BENCH_DISABLE=failing.\n"
        )
    # the others do not notice
    assert "cannot be told: ZeroDivisionError: oh" in call(
        *named, "encoders", "--format", "csv", "--store", store
    )
    assert "1 outcome of 1 model" in call(*named, "import", tmp_path / "t.csv", "--store", mine)
