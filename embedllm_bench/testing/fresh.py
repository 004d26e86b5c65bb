"""A method's forecast in a process in which nothing else was ever fitted.

Where it can, one server is started and forks a process for every question, so that what takes seconds to import
is imported once; elsewhere every question has a server of its own.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import first_line
from embedllm_bench.testing.base import NotRun, require, silence
from embedllm_bench.testing.data import problem
from embedllm_bench.testing.method_basics import fit_and_forecast
from embedllm_bench.testing.probe import load

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.methods.base import Method

FORKS = sys.platform == "linux"
SERVE = (
    "import json, sys\n"
    "sys.path[:] = json.loads(sys.argv[1])\n"
    "from embedllm_bench.testing.fresh import serve\n"
    "serve()\n"
)
WHERE = "let it stand in a module's file, outside functions, to have it compared with a process of its own"
FORECAST, ANSWER = "p.npy", "answer.json"
LONGEST = 300  #: seconds for what takes a second or two; a forked process can wait for itself for ever
DONE, LATE = "done", "late"


@dataclass(frozen=True)
class Asked:
    """A class by where it stands, the problem it is to be fitted on, and the folder for the answer."""

    module: str
    file: str
    qualified: str
    folder: str
    threads: int | None  #: of torch, where this process has it
    models: int
    questions: int
    seed: int
    longest: int  #: seconds


def fresh_forecast(kind: type[Method], *, models: int, questions: int, seed: int) -> Float32Array:
    """What a new method forecasts for ``problem(models, questions, seed=seed)`` elsewhere.

    Raises:
        NotRun: the class cannot be imported there.
        AssertionError: it fails there.
    """
    module = sys.modules.get(kind.__module__)
    if kind.__module__ == "__main__" or _within(module, kind.__qualname__) is not kind:
        raise NotRun(f"{kind.__qualname__} cannot be imported in another process; {WHERE}")
    torch = sys.modules.get("torch")
    threads = None if torch is None else torch.get_num_threads()
    with tempfile.TemporaryDirectory() as folder:
        file = getattr(module, "__file__", None) or ""
        asked = Asked(
            kind.__module__, file, kind.__qualname__, folder, threads, models, questions, seed, LONGEST
        )
        said = _ask(asked)
        require(said != LATE, f"in a process of its own it is not done after {LONGEST} seconds.")
        answer = Path(folder) / ANSWER
        require(answer.exists(), "in a process of its own it ends the program.")
        found: dict[str, str] = json.loads(answer.read_text(encoding="utf-8"))
        if "import" in found:
            raise NotRun(
                f"{kind.__qualname__} cannot be imported in another process ({found['import']}); {WHERE}"
            )
        require("failed" not in found, f"in a process of its own it fails: {found.get('failed')}.")
        p: Float32Array = np.load(Path(folder) / FORECAST)
    return p


def _ask(asked: Asked) -> str:
    """What the server says once it is done; nothing where it has ended."""
    server = _server("torch" in sys.modules) if FORKS else _started(torch=False)
    assert server.stdin is not None  # noqa: S101 - both are pipes
    assert server.stdout is not None  # noqa: S101
    server.stdin.write(json.dumps(asdict(asked)) + "\n")
    server.stdin.flush()
    said = server.stdout.readline().strip()
    if not FORKS:
        _end(server)
    return said


@cache
def _server(torch: bool) -> subprocess.Popen[str]:
    server = _started(torch=torch)
    atexit.register(_end, server)
    return server


def _started(*, torch: bool) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", SERVE, json.dumps(sys.path), *(["torch"] if torch else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _end(server: subprocess.Popen[str]) -> None:
    for pipe in (server.stdin, server.stdout):
        if pipe is not None:
            pipe.close()
    server.wait()


def serve() -> None:
    """Answer a line of JSON on standard input each, with a line once the answer's folder is filled."""
    done = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what methods print is nobody's business here
    if "torch" in sys.argv[2:]:
        import torch  # noqa: F401 - the processes that are forked have it then
    for line in iter(sys.stdin.readline, ""):
        done.write((_forked if FORKS else _answered)(Asked(**json.loads(line))) + "\n")
        done.flush()


def _answered(asked: Asked) -> str:
    _answer(asked)
    return DONE


def _forked(asked: Asked) -> str:
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(asked.longest)
            _answer(asked)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return LATE if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM else DONE


def _answer(asked: Asked) -> None:
    folder = Path(asked.folder)
    found: dict[str, str] = {}
    if asked.file:  # pytest can import what is not on the path, with importlib
        sys.path.append(str(Path(asked.file).parents[asked.module.count(".")]))
    try:
        kind = _within(load(asked.module, asked.file), asked.qualified)
    except BaseException as error:
        found["import"] = f"{type(error).__name__}: {first_line(error)}"
    else:
        torch = sys.modules.get("torch")
        if torch is not None and asked.threads is not None:
            torch.set_num_threads(asked.threads)
        try:
            given = problem(asked.models, asked.questions, seed=asked.seed)
            with silence():
                np.save(folder / FORECAST, fit_and_forecast(kind, given))
        except BaseException as error:
            found["failed"] = f"{type(error).__name__}: {first_line(error)}"
    (folder / ANSWER).write_text(json.dumps(found), encoding="utf-8")


def _within(module: object, qualified: str) -> type[Method]:
    found: object = module
    for name in qualified.split("."):
        found = getattr(found, name, None)
    return found  # type: ignore[return-value]  # the caller compares it, or was told what it is
