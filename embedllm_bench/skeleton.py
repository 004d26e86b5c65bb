"""A new plugin package that works before anything is written in it."""

from __future__ import annotations

import keyword
import re
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.registry import Plugins
from embedllm_bench.registry.catalog import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.registry import Registered

LONGEST = 64  #: characters of a name, which is that of files too
CATALOGS = {"method": "methods", "benchmark": "benchmarks", "encoder": "encoders", "importer": "importers"}
TEMPLATES = Path(__file__).with_name("skeletons")
#: Where the files of each kind go, by the names of their templates.
FILES = {
    "method": {"method.py.txt": "$module/method.py"},
    "benchmark": {"questions.jsonl": "$module/questions.jsonl"},
    "encoder": {"encoder.py.txt": "$module/encoder.py"},
    "importer": {"importer.py.txt": "$module/importer.py", "example.txt": "tests/example.$name"},
}
RESERVED = ("Method", "Self", "Questions", "Sequence")  #: names that the templates import
SHARED = {"__init__.py.txt": "$module/__init__.py", "test_contract.py.txt": "tests/test_contract.py"}
COMMON = {"pyproject.toml.txt": "pyproject.toml", "README.md": "README.md"}
USES = {
    "method": "Compare it with `embedllm-bench compare --method $name`.",
    "benchmark": "Ask a model its questions with `embedllm-bench collect --benchmark $name --model ORG/NAME`.",
    "encoder": "Encode with `embedllm-bench encode --encoder $name`.",
    "importer": "Import with `embedllm-bench import FILE.$name`; `embedllm-bench plugins check $name --example"
    " $name=tests/example.$name` checks it without pytest.",
}


@dataclass(frozen=True)
class Skeleton:
    """A package's name, which is also that of what it adds, and its kind."""

    name: str
    kind: str

    def __post_init__(self) -> None:
        """Refuse a name that cannot be a package's, or is one."""
        if self.kind not in FILES:
            raise UsageError(f"There is no kind {self.kind!r}; there are {', '.join(FILES)}.")
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", self.name):
            raise UsageError(
                f"{self.name!r} is no name for a plugin; use small letters, digits and single '-', and begin with a"
                " letter, as in my-method."
            )
        if keyword.iskeyword(self.module) or keyword.iskeyword(self.class_name):
            raise UsageError(f"{self.name!r} is a word of the language Python; give another name.")
        if len(self.name) > LONGEST:
            raise UsageError(f"The name has {len(self.name)} characters; use at most {LONGEST}.")
        if self.module in ("test", "tests", "conftest") or self.module.startswith("test_"):
            raise UsageError(f"{self.name!r} is a name that pytest takes for tests; give another.")
        if self.module in sys.stdlib_module_names or find_spec(self.module) is not None:
            raise UsageError(f"There is a Python package {self.module!r} already; give another name.")
        if self.class_name in RESERVED:
            raise UsageError(
                f"{self.name!r} would make a class {self.class_name}, which has a meaning; give another."
            )
        known: Mapping[str, Registered[Any]] = getattr(Plugins(), CATALOGS[self.kind])
        if self.name == BUILTIN or self.name in known:
            whose = known[self.name].plugin if self.name in known else BUILTIN
            raise UsageError(f"{self.name!r} is the name of what the plugin {whose!r} has; give another.")

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")

    @property
    def class_name(self) -> str:
        return "".join(part.capitalize() for part in self.name.split("-"))

    def write(self, folder: Path) -> list[Path]:
        """Write the package's files into a folder that is new or empty.

        Raises:
            DataError: the folder has something in it, or cannot be written to.
        """
        contents = self.contents()
        try:
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise DataError(f"{folder} is there already; nothing was written, give another folder.")
            for place, text in contents.items():
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                (folder / place).write_text(text, encoding="utf-8")
        except OSError as error:
            raise DataError(f"{folder} cannot be written to: {error.strerror}.") from error
        return [folder / place for place in contents]

    def contents(self) -> dict[str, str]:
        """The texts of its files, by their places."""
        article = "an" if self.kind[0] in "aeiou" else "a"
        words = {
            "name": self.name,
            "module": self.module,
            "kind": self.kind,
            "Class": self.class_name,
            "version": version("embedllm-bench").partition("+")[0],  # a bound has no local part
            "article": article,
            "Article": article.capitalize(),
        }
        words["use"] = Template(USES[self.kind]).substitute(words)
        places = {f"common/{name}": place for name, place in COMMON.items()}
        places |= {f"{self.kind}/{name}": place for name, place in (SHARED | FILES[self.kind]).items()}
        contents = {
            Template(place).substitute(words): Template(
                (TEMPLATES / template).read_text(encoding="utf-8")
            ).substitute(words)
            for template, place in places.items()
        }
        return contents | {f"{self.module}/py.typed": ""}
