"""Cards: what is refused and in which words, and that what is written reads back equal."""

from __future__ import annotations

import datetime as dt
import string
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.cards.fields import parse_size, size_text
from embedllm_bench.cards.files import card_toml, read_benchmarks, read_card, read_models
from embedllm_bench.cards.ids import file_name, parse_model_id
from embedllm_bench.errors import DataError

names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._:-]{0,12}", fullmatch=True).filter(
    lambda name: name[-1] not in ".:-" and "--" not in name and ".." not in name
)
paths = st.lists(names, min_size=1, max_size=2).map("/".join)
model_ids = st.builds(
    lambda weights, revision, variant: weights + revision + variant,
    paths,
    st.one_of(st.just(""), paths.map("@{}".format)),
    st.one_of(st.just(""), names.map("+{}".format)),
)
texts = st.text(min_size=1, max_size=20).filter(str.strip)
scalars = st.one_of(
    texts, st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False)
)
prices = st.none() | st.floats(0, 1e6)
model_cards = st.builds(
    ModelCard,
    id=model_ids,
    backend=texts,
    model_args=st.dictionaries(texts, scalars, max_size=3),
    num_fewshot=st.none() | st.integers(0, 50),
    apply_chat_template=st.booleans(),
    system_instruction=st.none() | texts,
    parameters=st.none() | st.integers(1, 10**13),
    family=st.none() | texts,
    base=st.none() | texts,
    licence=st.none() | texts,
    released=st.none() | st.dates(),
    tags=st.lists(texts, max_size=3, unique=True).map(tuple),
    price_in=prices,
    price_out=prices,
)
fields = st.from_regex(r"\{[A-Za-z_][A-Za-z0-9_ ]{0,8}\}", fullmatch=True)
plain = st.text(string.printable.replace("{", "").replace("}", ""), max_size=5)
benchmark_cards = st.builds(
    BenchmarkCard,
    id=paths,
    task=texts,
    metric=texts,
    output_type=st.sampled_from(["multiple_choice", "loglikelihood"]),
    filter=texts,
    threshold=st.floats(0, 1, exclude_min=True),
    num_fewshot=st.none() | st.integers(0, 50),
    text=st.none() | st.builds(lambda a, field, b: a + field + b, plain, fields, plain),
    question_id=st.none() | texts,
    generative=st.none() | paths,
)


def model(text: str) -> ModelCard:
    return ModelCard.from_content(tomllib.loads(text), "m.toml")


def benchmark(text: str) -> BenchmarkCard:
    required = 'id = "b"\nlm_eval_task = "t"\nmetric = "acc"\n'
    kind = "" if "output_type" in text else 'output_type = "multiple_choice"\n'
    return BenchmarkCard.from_content(tomllib.loads(required + kind + text), "b.toml")


@given(st.one_of(model_cards, benchmark_cards))
def test_a_card_written_reads_back_equal_as_toml_and_as_json(card: ModelCard | BenchmarkCard) -> None:
    kind = type(card)
    again = kind.from_content(tomllib.loads(card_toml(card)), "x")
    stored = kind.from_json(card.to_json(), "x")
    assert again == card == stored
    assert again.configuration == card.configuration == stored.configuration


@given(st.lists(st.one_of(model_ids, paths), min_size=2, max_size=2, unique=True))
def test_different_ids_have_different_files_inside_their_folder(ids: list[str]) -> None:
    first, second = map(file_name, ids)
    assert first != second
    for name in (first, second):
        assert Path(name).name == name
        assert not name.startswith(".")
        assert ".." not in name


def test_a_file_is_named_after_its_id() -> None:
    assert file_name("Qwen/Qwen2.5-7B@main+5shot") == "Qwen--Qwen2.5-7B@main+5shot.toml"
    assert file_name("llama3:8b") == "llama3%3A8b.toml"


def test_an_id_is_weights_revision_and_variant() -> None:
    assert parse_model_id("org/name@refs/pr/1+5shot-chat") == ("org/name", "refs/pr/1", "5shot-chat")
    assert parse_model_id("gpt2") == ("gpt2", None, None)


@pytest.mark.parametrize(
    "identity",
    ["", " ", "/", "../x", "a/../b", "a--b", "/a", "a/", ".a", "a b", "a@", "a+", "a+b/c", "a\n", "é", "-a", "a" * 201],
)  # fmt: skip
def test_an_id_that_could_leave_its_folder_or_mean_two_things_is_refused(identity: str) -> None:
    with pytest.raises(DataError, match="no model id"):
        ModelCard(identity)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('licence = "mit"', "m.toml: id is missing"),
        ('id = "a"\nlicense = "mit"', "m.toml: there is no key 'license'; did you mean 'licence'?"),
        ('id = "a"\nzzz = 1', "m.toml: there is no key 'zzz'; there are id, backend,"),
        ("id = 3", "m.toml: id is 3, not a text"),
        ('id = "a"\nbackend = ""', "m.toml: backend is blank"),
        ('id = "a"\nfamily = " "', "m.toml: family is blank"),
        ('id = "a"\nnum_fewshot = true', "m.toml: num_fewshot is True, not a whole number"),
        ('id = "a"\nnum_fewshot = -1', "m.toml: num_fewshot is -1, less than 0"),
        ('id = "a"\napply_chat_template = 1', "m.toml: apply_chat_template is 1, not true or false"),
        ('id = "a"\nparameters = "seven"', "m.toml: parameters: 'seven' is no number of parameters"),
        ('id = "a"\nparameters = 0', "m.toml: parameters is 0, less than 1"),
        ('id = "a"\nparameters = 7.0', "m.toml: parameters is 7.0, not a whole number"),
        ('id = "a"\nprice_in = -0.5', "m.toml: price_in is -0.5, no price"),
        ('id = "a"\nprice_out = inf', "m.toml: price_out is inf, no price"),
        ('id = "a"\nprice_out = nan', "m.toml: price_out is nan, no price"),
        ('id = "a"\nprice_in = "1"', "m.toml: price_in is '1', not a number"),
        ('id = "a"\nreleased = "2024-01-01"', "m.toml: released is '2024-01-01', not a date without quotes"),
        ('id = "a"\nreleased = 2024-01-01T00:00:00', "m.toml: released is datetime"),
        ('id = "a"\ntags = "x"', "m.toml: tags is 'x', not a list of texts"),
        ('id = "a"\ntags = ["x", "x"]', "m.toml: a tag stands twice"),
        ('id = "a"\ntags = [""]', "m.toml: a tag is blank"),
        ('id = "a"\nmodel_args = 1', "m.toml: model_args is 1, not a table"),
        ('id = "a"\nmodel_args = {x = [1]}', "m.toml: model_args is {'x': [1]}, not a table"),
        ('id = "a"\nmodel_args = {x = nan}', "m.toml: a number in model_args is not finite"),
    ],
)
def test_a_wrong_model_card_is_one_sentence_with_file_and_key(text: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        model(text)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("threshold = 0", "b.toml: threshold is 0.0, not above 0 and at most 1"),
        ("threshold = 1.5", "b.toml: threshold is 1.5, not"),
        ("threshold = nan", "b.toml: threshold is nan, not"),
        ('text = "question"', "b.toml: text is 'question', not a text with fields"),
        ('text = "{question.__class__}"', "b.toml: text is"),
        ('text = "{choices[0]}"', "b.toml: text is"),
        ('text = "{question!r}"', "b.toml: text is"),
        ('text = "{question:>9}"', "b.toml: text is"),
        ('text = "{} {question}"', "b.toml: text is"),
        ('text = "{{question}}"', "b.toml: text is"),
        (
            'output_type = "loglikelihood_rolling"',
            "b.toml: output_type is 'loglikelihood_rolling', not one of",
        ),
        ('generative = "../b"', "b.toml: generative is '../b', no benchmark id"),
        (
            'output_type = "generate_until"\ngenerative = "c"',
            "b.toml: generative is 'c', though its own answers are generated already",
        ),
        ('lm_eval_tasks = "x"', "b.toml: there is no key 'lm_eval_tasks'; did you mean 'lm_eval_task'?"),
        ('question_id = ""', "b.toml: question_id is blank"),
    ],
)
def test_a_wrong_benchmark_card_is_one_sentence_with_file_and_key(text: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        benchmark(text)
    assert str(error.value).startswith(message)


def test_the_configuration_is_what_changes_answers_and_nothing_else() -> None:
    card = ModelCard("a", model_args={"dtype": "float16", "batch": 1}, num_fewshot=5)
    described = ModelCard(
        "a", model_args={"batch": 1, "dtype": "float16"}, num_fewshot=5, family="f", price_in=1.0, tags=("t",),
        released=dt.date(2024, 1, 1), parameters=7,
    )  # fmt: skip
    assert card.configuration == described.configuration
    changes = (
        ModelCard("a", model_args={"dtype": "float16", "batch": 1}),
        ModelCard("a", model_args={"dtype": "float16", "batch": "1"}, num_fewshot=5),
        ModelCard("a", model_args={"dtype": "float16", "batch": True}, num_fewshot=5),
        ModelCard("a", card.backend, card.model_args, 5, apply_chat_template=True),
        ModelCard("a", card.backend, card.model_args, 5, system_instruction="s"),
        ModelCard("a", "vllm", card.model_args, 5),
    )
    assert len({card.configuration, *(change.configuration for change in changes)}) == 7


def test_a_text_is_filled_from_the_document_once_and_lists_become_lines() -> None:
    card = benchmark('text = "{question}\\n{choices} {Record ID}"')
    document = {"question": "{choices}?", "choices": ["a", "b"], "Record ID": 7, "other": None}
    assert card.question_text(document) == "{choices}?\na\nb 7"
    assert benchmark("").question_text(document) is None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"answer": "x"}, "Benchmark 'b': a document has no field 'question'; it has answer"),
        ({"question": {"text": "x"}}, "Benchmark 'b': field 'question' of a document is no text"),
        ({"question": None}, "Benchmark 'b': field 'question' of a document is no text"),
        ({"question": "  "}, "Benchmark 'b': text '{question}' is blank"),
    ],
)
def test_a_document_that_gives_no_text_is_refused(document: dict[str, object], message: str) -> None:
    with pytest.raises(DataError) as error:
        benchmark('text = "{question}"').question_text(document)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "size"),
    [("7B", 7 * 10**9), ("1.5b", 15 * 10**8), ("135M", 135 * 10**6), (" 1T", 10**12), ("12", 12), ("0.5K", 500)],
)  # fmt: skip
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "B", "7 billion", "8x7B", "-7B", "0B", "1.5", "nan", "1e9", "\u0667B", "9" * 99]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="no number of parameters"):
        parse_size(text)


def test_sizes_are_shown_as_people_write_them() -> None:
    assert [size_text(n) for n in (7 * 10**9, 134_515_008, 671 * 10**9, 10**12, 999)] == [
        "7B", "134.52M", "671B", "1T", "999",
    ]  # fmt: skip


def test_a_file_that_is_no_card_is_one_sentence_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    with pytest.raises(DataError, match=r"x\.toml cannot be read: No such file"):
        read_card(ModelCard, path)
    deep, long = b"tags = " + b"[" * 10_000, b"parameters = " + b"9" * 10_000
    for content in (b"id = ", b"\xff\xfe", b'id = "a"\nid = "b"', deep, long):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"x\.toml is no TOML"):
            read_card(ModelCard, path)


def test_two_cards_of_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text('id = "a"')
    with pytest.raises(DataError, match=r"two\.toml has the id 'a' of one\.toml"):
        read_models(tmp_path)


def test_the_generative_variant_has_to_be_there_and_generated(tmp_path: Path) -> None:
    first = BenchmarkCard("b", "t", "acc", "multiple_choice", generative="c")
    (tmp_path / first.file_name).write_text(card_toml(first))
    with pytest.raises(DataError, match=r"b\.toml: generative names 'c', which is no card of generated"):
        read_benchmarks(tmp_path)
    other = BenchmarkCard("c", "t", "acc", "multiple_choice")
    (tmp_path / other.file_name).write_text(card_toml(other))
    with pytest.raises(DataError, match="which is no card of generated"):
        read_benchmarks(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[1]", "{", "null", "3", '{"id": "a", "released": 3}', '{"id": "a", "released": "x"}']
)
def test_json_that_is_no_card_is_one_sentence(text: str) -> None:
    with pytest.raises(DataError, match="The stored card"):
        ModelCard.from_json(text, "The stored card of 'a'")


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(DataError, match="family is blank or no Unicode"):
        ModelCard("a", family="\ud800")
