"""lm-eval's own hf backend, with weights made here: random, tiny, and in the format of the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from embedllm_bench.cards import ModelCard
from embedllm_bench.collecting.collector import Settings, collect
from embedllm_bench.collecting.tasks import task_manager
from embedllm_bench.store.store import Store
from tests.collecting.tiny import CHOICE, QUESTIONS, make_tasks

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN, END = "<unknown>", "<end>"


def make_weights(folder: Path, chat_template: str | None = None) -> Path:
    """A language model of bytes."""
    names = [*map(chr, range(32, 127)), "\n", UNKNOWN, END]
    words = {name: number for number, name in enumerate(names)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unknown>"))  # noqa: S106 - a word, no password
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it unannotated
        tokenizer_object=tokenizer, eos_token=END, unk_token=UNKNOWN
    )
    torch.manual_seed(0)
    end = words[END]
    config = GPT2Config(
        n_embd=16,
        n_layer=1,
        n_head=2,
        n_positions=512,
        vocab_size=len(words),
        bos_token_id=end,
        eos_token_id=end,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    fast.chat_template = chat_template
    fast.save_pretrained(folder)
    return folder


def test_without_a_device_named_weights_are_asked_where_torch_can(tmp_path: Path) -> None:
    weights = make_weights(tmp_path / "weights")
    card = ModelCard(id="org/tiny", model_args={"pretrained": str(weights), "dtype": "float32"})
    manager = task_manager([CHOICE.task], make_tasks(tmp_path))
    with Store.open(tmp_path / "s.db", write=True) as store:
        (result,) = collect(store, [card], [CHOICE], Settings(batch_size=8), manager)
    assert (result.reason, result.done, result.failed) == (None, QUESTIONS, 0)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (None, "org/tiny has no chat template; leave --apply_chat_template out."),
        ("{% for message in messages %}{{ message['content'] }}{% endfor %}", None),
    ],
)
def test_a_chat_template_is_there_or_nothing_is_asked(
    tmp_path: Path, template: str | None, reason: str | None
) -> None:
    weights = make_weights(tmp_path / "weights", template)
    arguments: dict[str, str | int | float | bool] = {"pretrained": str(weights), "dtype": "float32"}
    card = ModelCard(id="org/tiny", model_args=arguments, apply_chat_template=True)
    manager = task_manager([CHOICE.task], make_tasks(tmp_path))
    with Store.open(tmp_path / "s.db", write=True) as store:
        (result,) = collect(store, [card], [CHOICE], Settings(limit=4), manager)
    assert (result.reason, result.failed) == (reason, 0)
    assert result.done == (4 if reason is None else 0)
