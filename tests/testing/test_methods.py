"""The contract of methods: ours keep it, and every fault is caught by the check it breaks."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from embedllm_bench.process import generators, settings
from embedllm_bench.registry import Plugins
from embedllm_bench.testing import Check, NotRun, check_method, fresh, method_checks
from tests.testing import planted
from tests.testing.planted import PLANTED, PLANTS, Sound

if TYPE_CHECKING:
    from embedllm_bench.methods.base import Method

LONG = ("many-questions",)  #: checks that take some of our methods a minute
OURS = [
    pytest.param(
        check, entry.thing, id=f"{name}-{check.name}", marks=[pytest.mark.long] if check.name in LONG else []
    )
    for name, entry in Plugins().methods.items()
    if entry.plugin == "built-in"
    for check in method_checks(entry.thing)
]


def failures(kind: type[Method]) -> dict[str, str]:
    """The checks a method fails, and what they say."""
    found = {}
    for check in method_checks(kind):
        try:
            check(kind)
        except AssertionError as error:
            found[check.name] = str(error)
    return found


@pytest.mark.parametrize(("check", "kind"), OURS)
def test_our_methods_keep_the_contract(check: Check[type[Method]], kind: type[Method]) -> None:
    check(kind)


@pytest.mark.parametrize("kind", [Sound, planted.SoundInDouble])
def test_a_sound_method_passes(kind: type[Method]) -> None:
    assert failures(kind) == {}


@pytest.mark.parametrize(("check", "kind"), PLANTS, ids=[f"{c}-{kind.__name__}" for c, kind in PLANTS])
def test_every_fault_is_caught_by_its_check_and_by_no_other(check: str, kind: type[Method]) -> None:
    assert list(failures(kind)) == [check]


def test_every_check_has_a_fault() -> None:
    assert sorted(check.name for check in method_checks()) == sorted(PLANTED)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (PLANTED["settings"], "sound, settings: depth is annotated and yet no setting; put @dataclass above"),
        (planted.NoDefault, "sound, settings: the setting depth has no default; give it one."),
        (planted.Unsettable, "sound, settings: the setting sizes cannot be given by --set, as its default (8, 4)"),
        (planted.Nameless, "sound, settings: the class has no summary; give it one line of text."),
        (planted.Transposed, "sound, probabilities: sound.predict_proba returned shape (20, 8); expected 8 x 20."),
        (planted.Quits, "sound, probabilities: SystemExit: no GPU here, planted.py line "),
        (planted.Complex, "sound, probabilities: sound.predict_proba returned complex numbers; return real ones."),
        (planted.WritesPastPython, "sound, silent: it printed or warned 'epoch 1'; tell of progress by"),
        (planted.RemembersByShape, "sound, remembers: a new one forecasts what another learned from other outcomes"),
        (PLANTED["remembers"], "sound, remembers: it forecasts otherwise once another was fitted, by up to 0."),
        (planted.KeptOnTheClass, "sound, remembers: it forecasts otherwise once another was fitted, by up to 0."),
        (planted.FirstFitWins, "sound, remembers: in a process where nothing else was fitted it forecasts otherwise"),
        (PLANTED["returns-self"], "sound, returns-self: fit returns NoneType, not the method itself; end it with"),
        (planted.NotAskedIsWrongInThePrior, "sound, gaps: with 912 questions more that one model alone was asked"),
        (planted.VectorsDrawnAtEveryCall, "sound, vectors: embeddings() gives others the second time it is called."),
        (planted.VectorsDrawnAtEveryFit, "sound, vectors: two fits with the same seed have other vectors; draw"),
        (PLANTED["labels"], "sound, labels: with other benchmark and sub-task names a question's forecast moves by"),
        (PLANTED["batch"], "sound, batch: a question's forecast moves by up to 0.0"),
        (planted.AddsDeafly, "sound, added-outcomes: a model added with all its answers right is forecast 0.500"),
        (PLANTED["added-outcomes"], "sound, added-outcomes: questions that an added model was not asked move its"),
        (planted.ForgetsSettings, "sound, saved: what is loaded has other settings than what was saved: ForgetsSett"),
        (planted.SavesNothing, "sound, saved: save writes no file into the folder it is given."),
        (planted.KeepsTheLast, "sound, saved: what is loaded has other settings than what was saved: KeepsTheLast("),
        (PLANTED["silent"], "sound, silent: it printed or warned 'epoch 1'; tell of progress by"),
        (planted.Warns, "sound, silent: it printed or warned 'invalid value encountered in divide'"),
        (planted.SeedsTorch, "sound, random-generators: torch's random generator was used or seeded"),
        (planted.DrawsFromNumpy, "sound, random-generators: NumPy's random generator was used or seeded"),
        (planted.Double, "sound, process-settings: torch's default dtype was changed for the whole process"),
        (planted.ChoosesOnNothing, "sound, no-validation: a validation part that nobody answered moves forecasts"),
        (planted.NotAskedIsRight, "sound, gaps: with 60% of the cells not asked, P(correct) and, with right and"),
        (planted.ByPositionInTheTest, "sound, question-order: asked in another order, a question's forecast moves"),
        (planted.AddsInPlace, "model-mean, added-model: add_model changes the method it is called on; return a copy"),
        (planted.Pickles, "sound, saved: fitted is a pickle, which can run anything when it is loaded."),
    ],
)  # fmt: skip
def test_a_broken_promise_is_one_sentence(kind: type[Method], sentence: str) -> None:
    with pytest.raises(AssertionError) as raised:
        check_method(kind)
    assert str(raised.value).startswith(sentence)


def test_a_class_that_no_other_process_can_import_is_noted(recwarn: pytest.WarningsRecorder) -> None:
    class Local(Sound):
        pass

    (remembers,) = (check for check in method_checks(Local) if check.name == "remembers")
    with pytest.raises(
        NotRun, match=r"Local cannot be imported in another process; let it stand in a module's"
    ):
        remembers(Local)
    check_method(Local)
    assert [str(w.message).partition(":")[0] for w in recwarn] == ["remembers is not run to its end"]


@pytest.mark.skipif(not fresh.FORKS, reason="only forked processes have a time limit")
def test_a_method_that_is_never_done_elsewhere_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "LONGEST", 3)
    (remembers,) = (check for check in method_checks(planted.WaitsElsewhere) if check.name == "remembers")
    with pytest.raises(AssertionError, match=r"in a process of its own it is not done after 3 seconds\."):
        remembers(planted.WaitsElsewhere)


def test_the_checks_leave_generators_and_settings_as_found(capsys: pytest.CaptureFixture[str]) -> None:
    random.seed(1)
    before = generators() | settings()
    for kind in (
        Sound,
        planted.SeedsTorch,
        planted.DrawsFromNumpy,
        planted.Double,
        PLANTED["process-settings"],
    ):
        failures(kind)
    assert generators() | settings() == before
    assert torch.get_default_dtype() == torch.float32
    assert np.geterr()["divide"] == "warn"
    assert capsys.readouterr() == ("", "")
