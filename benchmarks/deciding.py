"""From a question's text to the model that is to answer it: an encoder and a router, beside a language model as router.

    python -m benchmarks.deciding --language-model FOLDER [--repeats 3] [--questions 128]

arXiv 2410.02223 claims to be 15 times faster than a router that is a causal language model (RouteLLM's, quoted, never
measured beside it). FOLDER holds the weights of one of 135 million parameters, SmolLM2-135M-Instruct in our table,
that reads each question once and decides by the probabilities of its next token. Questions are real prompts of
the Open LLM Leaderboard v2, where ../shared has them; encoders whose weights are not here are left out.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import matrices
from benchmarks.measuring import Outcome, Work, measure, report_one, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench import Router

MODULE = "benchmarks.deciding"
TABLE = matrices.SHARED / "openllm_v2_dense78/outcomes.parquet"
ENCODERS = ("all-MiniLM-L6-v2", "all-mpnet-base-v2")
LONGEST = 512  #: tokens that the language model reads, as many as the longer encoder can


def prompts(count: int) -> list[str]:
    """Different questions, drawn at random."""
    import pandas as pd

    texts = pd.read_parquet(TABLE, columns=["prompt"])["prompt"].drop_duplicates()
    return [str(text) for text in texts.sample(count, random_state=0)]


def router(dimension: int) -> Router:
    """One of 112 models; how good it is takes no time."""
    from embedllm_bench import Router
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.methods.embedllm import EmbedLLM

    random = np.random.default_rng(0)
    vectors = random.standard_normal((256, dimension)).astype(np.float32)
    shape = (matrices.PAPER_MODELS, 256)
    correct, asked = random.integers(0, 2, shape).astype(np.uint8), np.ones(shape, np.uint8)
    models = tuple(map(str, range(shape[0])))
    questions = matrices.named(("any",) * 256, vectors)
    matrix = CorrectnessMatrix(models, questions, correct, asked)
    return Router.of(EmbedLLM(epochs=1).fit(matrix), models)


def with_encoder(name: str, count: int) -> Outcome:
    """Questions one by one: encode, decide."""
    from embedllm_bench.encoders.base import Settings
    from embedllm_bench.encoders.catalog import make_encoder

    encoder = make_encoder(name, Settings())
    texts = prompts(count)
    chooser = router(encoder.encode(texts[:2]).shape[1])
    encoding, deciding = 0.0, 0.0
    for text in texts:
        start = time.perf_counter()
        (vector,) = encoder.encode([text])
        encoded = time.perf_counter()
        chooser.choose(vector)
        encoding, deciding = encoding + encoded - start, deciding + time.perf_counter() - encoded
    seconds = encoding + deciding
    said = {"ms each": 1e3 * seconds / count, "% for deciding": 100 * deciding / seconds}
    return Outcome(seconds, {**said, "tokens read at most": encoder.limit or np.inf})


def with_language_model(folder: str, count: int) -> Outcome:
    """Questions one by one through the model, for the probabilities of the next token."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)  # for inference as it is
    texts = prompts(count)

    def decide(text: str) -> int:
        tokens = tokenizer(text, return_tensors="pt", truncation=True, max_length=LONGEST)
        with torch.inference_mode():
            return int(model(**tokens, logits_to_keep=1).logits[0, -1].softmax(-1).argmax())

    decide(texts[0])
    start = time.perf_counter()
    for text in texts:
        decide(text)
    seconds = time.perf_counter() - start
    return Outcome(seconds, {"ms each": 1e3 * seconds / count})


def available() -> list[str]:
    """Encoders whose weights are on this machine."""
    from embedllm_bench.encoders.base import Settings
    from embedllm_bench.encoders.catalog import make_encoder
    from embedllm_bench.errors import EncoderError

    found = []
    for name in ENCODERS:
        try:
            make_encoder(name, Settings())
            found.append(name)
        except EncoderError as error:
            print(f"left out: {error}", file=sys.stderr)
    return found


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        kind, name, count = sys.argv[2:]
        pieces: dict[str, Callable[[str, int], Outcome]]
        pieces = {"encoder": with_encoder, "language-model": with_language_model}
        report_one(lambda: pieces[kind](name, int(count)))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--language-model", required=True)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--questions", type=int, default=128)
    options = parser.parse_args()
    if not TABLE.exists():
        raise SystemExit(f"There is no {TABLE}; the questions are from there.")
    count = str(options.questions)

    def work(label: str, kind: str, name: str) -> Work:
        return Work(label, "questions", options.questions, MODULE, (kind, name, count))

    model = work("language model of 135M", "language-model", options.language_model)
    works = [*(work(f"{name} and Router", "encoder", name) for name in available()), model]
    rows = measure(works, options.repeats)
    write(
        "deciding",
        "From a question's text to a decision over 112 models, one question at a time",
        f"python -m benchmarks.deciding --language-model SmolLM2-135M-Instruct --repeats {options.repeats}"
        f" --questions {options.questions}",
        rows,
        {row.name: model.name for row in rows if row.name != model.name},
        [
            (
                "Prompts of the Open LLM Leaderboard v2 (BBH, IFEval, MATH-5, MuSR), in float32; the language model"
                f" reads at most {LONGEST} tokens."
            )
        ],
    )


if __name__ == "__main__":
    main()
