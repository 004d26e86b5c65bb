"""An artifact's folder is whole or not there, and a damaged one is told of in a sentence."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench import Artifact, Store, fit
from embedllm_bench.artifact.folder import FILE, read_folder
from embedllm_bench.errors import ArtifactError
from embedllm_bench.store.location import STARTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUESTION = ["What is 3 + 4?"]
ARRAYS = "fitted-1/method/arrays.safetensors"


@pytest.fixture(scope="module")
def artifacts() -> Iterator[list[Artifact]]:
    with Store.open(STARTER) as store:
        yield [fit(store, "knn", settings={"k": k}, encoder="hashed-ngrams") for k in (5, 9)]


@pytest.fixture
def folder(artifacts: list[Artifact], tmp_path: Path) -> Path:
    artifacts[0].save(tmp_path / "kept")
    return tmp_path / "kept"


def rewritten(kept: Path, **values: object) -> None:
    """Some values changed by somebody who does not know of the digest."""
    content = json.loads((kept / FILE).read_text())
    (kept / FILE).write_text(json.dumps(content | values))


def swapped_models(folder: Path) -> None:
    text = (folder / FILE).read_text()
    a, b = "letters.chat", "letters.2-shot"
    (folder / FILE).write_text(text.replace(a, "?").replace(b, a).replace("?", b))


def flipped(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def of_another_fit(folder: Path) -> None:
    """The settings and arrays of a fit with another k, each whole in itself."""
    with Store.open(STARTER) as store:
        fit(store, "model-mean", encoder="hashed-ngrams").save(folder.with_name("other"))
    shutil.rmtree(folder / "fitted-1")
    shutil.copytree(folder.with_name("other") / "fitted-1", folder / "fitted-1")


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no folder": (shutil.rmtree, "holds no artifact; make one with 'embedllm-bench fit -o "),
    "no file": (lambda f: (f / FILE).unlink(), "holds no artifact; make one with 'embedllm-bench fit -o "),
    "empty": (lambda f: (f / FILE).write_text(""), "artifact.json is damaged: it is no JSON; fit it again"),
    "cut": (
        lambda f: (f / FILE).write_text((f / FILE).read_text()[:-40]),
        "artifact.json is damaged: it is no JSON; fit it again",
    ),
    "no text": (lambda f: (f / FILE).write_bytes(b"\xff\xfe{}"), "artifact.json is damaged: it is no JSON"),
    "too deep": (lambda f: (f / FILE).write_text("[" * 100_000), "artifact.json is damaged: it is no JSON"),
    "a list": (lambda f: (f / FILE).write_text("[]"), "is not what 'embedllm-bench fit' writes"),
    "foreign": (lambda f: (f / FILE).write_text('{"format": 1}'), "is not what 'embedllm-bench fit' writes"),
    "newer": (
        lambda f: rewritten(f, format=2, written_by="embedllm-bench 9.0"),
        "is of format 2, written by embedllm-bench 9.0, and 1 is read here; update embedllm-bench, or fit it again",
    ),
    "models swapped": (swapped_models, "artifact.json is damaged or was changed by hand; fit it again"),
    "another folder": (
        lambda f: rewritten(f, folder=".."),
        "artifact.json is damaged or was changed by hand",
    ),
    "no digest": (lambda f: rewritten(f, digest=None), "artifact.json is damaged or was changed by hand"),
    "arrays cut": (
        lambda f: (f / ARRAYS).write_bytes((f / ARRAYS).read_bytes()[:-1]),
        f"{ARRAYS} is damaged or of another fit; fit it again",
    ),
    "a bit flipped": (
        lambda f: flipped(f / ARRAYS, -5),
        f"{ARRAYS} is damaged or of another fit; fit it again",
    ),
    "arrays missing": (lambda f: (f / ARRAYS).unlink(), f"{ARRAYS} is missing; fit it again"),
    "content missing": (lambda f: shutil.rmtree(f / "fitted-1"), "is missing; fit it again"),
    "settings changed": (
        lambda f: flipped(f / "fitted-1/method/method.json", 40),
        "method.json is damaged or of another fit; fit it again",
    ),
    "witnesses changed": (
        lambda f: flipped(f / "fitted-1/encoder.safetensors", -1),
        "encoder.safetensors is damaged or of another fit; fit it again",
    ),
    "another fit's": (of_another_fit, "is damaged or of another fit; fit it again"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_kind_of_damage_is_one_sentence(damage: str, folder: Path) -> None:
    does, message = DAMAGES[damage]
    Artifact.load(folder)
    does(folder)
    with pytest.raises(ArtifactError) as raised:
        Artifact.load(folder)
    assert str(raised.value).startswith(str(folder))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_every_bit_of_it_counts(folder: Path) -> None:
    """Whichever byte of whichever file is another, it is noticed, but for blanks in the JSON."""
    draw = np.random.default_rng(0)
    for path in [p for p in sorted(folder.rglob("*")) if p.is_file()]:
        content = path.read_bytes()
        for at in draw.integers(len(content), size=40).tolist():
            if path.name == FILE and content[at : at + 1].isspace():
                continue
            flipped(path, at)
            with pytest.raises(ArtifactError):
                read_folder(folder)
            path.write_bytes(content)
    Artifact.load(folder)


def test_files_that_are_no_part_of_it_do_no_harm_and_stay(artifacts: list[Artifact], folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "fitted-1" / ".DS_Store").write_text("")
    Artifact.load(folder)
    artifacts[1].save(folder, force=True)
    assert Artifact.load(folder).method == artifacts[1].method
    assert sorted(path.name for path in folder.iterdir()) == [FILE, "fitted-2", "notes.txt"]


def test_a_moved_folder_is_the_same_artifact(artifacts: list[Artifact], folder: Path) -> None:
    moved = folder.rename(folder.with_name("elsewhere"))
    assert np.array_equal(Artifact.load(moved).predict(QUESTION).p, artifacts[0].predict(QUESTION).p)


def refused(artifact: Artifact, target: Path, *, force: bool = False) -> str:
    with pytest.raises(ArtifactError) as raised:
        artifact.save(target, force=force)
    return str(raised.value)


def test_what_is_there_is_kept_unless_it_is_an_artifact_to_be_replaced(
    artifacts: list[Artifact], folder: Path
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert refused(artifacts[1], folder).endswith(
        "holds an artifact already; give another folder, or --force."
    )
    other = folder.with_name("other")
    other.mkdir()
    (other / "thesis.tex").write_text("years")
    for force in (False, True):
        assert "holds other files and no artifact; give a new folder." in refused(
            artifacts[1], other, force=force
        )
        assert "is a file" in refused(artifacts[1], other / "thesis.tex", force=force)
        assert "There is no folder" in refused(artifacts[1], other / "a" / "b", force=force)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in other.iterdir()] == ["thesis.tex"]
    artifacts[1].save(folder, force=True)
    assert Artifact.load(folder).method == artifacts[1].method
    (folder / FILE).write_text("")  # a damaged one is replaced too
    artifacts[0].save(folder, force=True)
    assert Artifact.load(folder).method == artifacts[0].method


def test_an_empty_folder_is_filled(
    artifacts: list[Artifact], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    artifacts[0].save(".")
    assert Artifact.load(".").method == artifacts[0].method


def test_a_disk_that_is_full_leaves_nothing(
    artifacts: list[Artifact], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Path.write_text

    def full(path: Path, *arguments: object, **named: object) -> int:
        if path.name == FILE:
            raise OSError(28, "No space left on device")
        return written(path, *arguments, **named)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Path, "write_text", full)
    assert "cannot be written: No space left on device; give" in refused(artifacts[1], folder, force=True)
    assert "cannot be written: No space left on device; give" in refused(
        artifacts[1], folder.with_name("new")
    )
    assert [path.name for path in folder.parent.iterdir()] == ["kept"]
    assert Artifact.load(folder).method == artifacts[0].method


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from embedllm_bench import Artifact

source, old, folder = map(Path, sys.argv[1:])
artifact = Artifact.load(source)
EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}

def save(target, at):
    seen = 0

    def audit(event, arguments):
        nonlocal seen
        if event in EVENTS and (event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(audit)
    artifact.save(target, force=True)
    os._exit(0)

for case in ("new", "replaced"):
    for at in range(1, 100):
        place = folder / case / str(at)
        place.mkdir(parents=True)
        if case == "replaced":
            shutil.copytree(old, place / "kept")
        child = os.fork()
        if not child:
            save(place / "kept", at)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            break
"""


@pytest.fixture(scope="module")
def killed(artifacts: list[Artifact], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where processes were killed before each thing they do to the disk, one a folder, and the last was not."""
    place = tmp_path_factory.mktemp("killed")
    for name, artifact in zip(("old", "source"), artifacts, strict=True):
        artifact.save(place / name)
    folders = [str(place / name) for name in ("source", "old", "places")]
    subprocess.run([sys.executable, "-W", "ignore", "-c", KILLED, *folders], check=True)
    return place / "places"


@pytest.mark.parametrize("case", ["new", "replaced"])
def test_killed_at_any_step_there_is_the_old_artifact_or_the_new_or_none(
    artifacts: list[Artifact], killed: Path, case: str
) -> None:
    """A later run then clears up and is whole."""
    old, new = artifacts
    first = old.method if case == "replaced" else None
    places = sorted((killed / case).iterdir(), key=lambda place: int(place.name))
    found = []
    for place in places:
        kept = place / "kept"
        found.append(Artifact.load(kept).method if kept.exists() else None)
        new.save(kept, force=True)
        assert [path.name for path in place.iterdir()] == ["kept"]
        assert len(list(kept.iterdir())) == 2
        assert Artifact.load(kept).method == new.method
    before = found.count(first)
    assert found == [first] * before + [new.method] * (len(found) - before)
    assert before > 4
    assert len(found) > before
