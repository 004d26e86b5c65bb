"""Cards as TOML files, and the registry of them that comes with the package."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from embedllm_bench.cards.base import Card
from embedllm_bench.cards.benchmark import BenchmarkCard
from embedllm_bench.cards.model import ModelCard
from embedllm_bench.errors import DataError

AnyCard = TypeVar("AnyCard", bound=Card)

PACKAGE = Path(__file__).parents[1]


def registry_folder() -> Path:
    """Where the cards lie: inside an installed package, beside the package in a checkout."""
    for folder in (PACKAGE / "_registry", PACKAGE.parent / "registry"):
        if folder.is_dir():
            return folder
    raise DataError(f"The registry of cards is missing from {PACKAGE}; install embedllm-bench again.")


def read_models(folder: Path | None = None) -> dict[str, ModelCard]:
    """The cards of all models in a folder, else in the registry, by id."""
    return _read_all(ModelCard, registry_folder() / "models" if folder is None else folder)


def read_benchmarks(folder: Path | None = None) -> dict[str, BenchmarkCard]:
    """The cards of all benchmarks in a folder, else in the registry, by id.

    Raises:
        DataError: a file is no card, two have the same id, or ``generative`` names one that is not there.
    """
    folder = registry_folder() / "benchmarks" if folder is None else folder
    cards = _read_all(BenchmarkCard, folder)
    for card in cards.values():
        other = cards.get(card.generative) if card.generative is not None else None
        if card.generative is not None and (other is None or other.needs_log_probabilities):
            raise DataError(
                f"{folder / card.file_name}: generative names {card.generative!r}, which is no card of generated"
                " answers in the same folder; mend it."
            )
    return cards


def read_card(kind: type[AnyCard], path: Path) -> AnyCard:
    """The card in a TOML file.

    Raises:
        DataError: it cannot be read or is no such card; names the file and the key.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # also of numbers too long and tables too deep for Python
        raise DataError(f"{path} is no TOML: {str(error).rstrip('.')}.") from error
    return kind.from_content(content, str(path))


def card_toml(card: Card) -> str:
    """What to write into ``FOLDER / card.file_name``; read again, it is an equal card."""
    import tomli_w

    return tomli_w.dumps(card.content())


def _read_all(kind: type[AnyCard], folder: Path) -> dict[str, AnyCard]:
    cards: dict[str, AnyCard] = {}
    paths: dict[str, Path] = {}
    for path in sorted(folder.glob("*.toml")):
        card = read_card(kind, path)
        if card.id in cards:
            raise DataError(f"{path} has the id {card.id!r} of {paths[card.id].name}; give it another.")
        cards[card.id], paths[card.id] = card, path
    return dict(sorted(cards.items(), key=lambda pair: (pair[0].lower(), pair[0])))
