"""What a model's name says of it, for models that have no card, by the words people use.

The rule: the family is the first known family word in the name (Qwen before Llama in "calme-2.3-qwen-llama" only if it
stands first); its generation is the number right after that word, unless that is the size (Qwen2.5, Llama-3.1); the
size is the last number with a B or M, experts multiplied out (8x7B is 56 billion); the maker is what stands before
the slash. A model was tuned to follow instructions where a word such as Instruct, Chat, it or DPO says so, and was not
where nothing but family, generation, size, a version or "base" stands after the slash; else the name does not say.
"""

from __future__ import annotations

import re

FAMILIES = {
    "codellama": "Llama", "llama": "Llama", "vicuna": "Llama", "alpaca": "Llama", "wizard": "Llama", "tulu": "Llama",
    "orca": "Llama", "openchat": "Mistral", "mixtral": "Mistral", "mistral": "Mistral", "zephyr": "Mistral",
    "starling": "Mistral", "qwen": "Qwen", "qwq": "Qwen", "gemma": "Gemma", "gemini": "Gemini", "phi": "Phi",
    "yi": "Yi", "falcon": "Falcon", "internlm": "InternLM", "deepseek": "DeepSeek", "command": "Command",
    "gpt-neox": "GPT-NeoX", "gpt-j": "GPT-J", "gpt": "GPT", "claude": "Claude", "pythia": "Pythia", "opt": "OPT",
    "bloom": "BLOOM", "mpt": "MPT", "solar": "SOLAR", "smollm": "SmolLM", "olmo": "OLMo",
    "glm": "GLM", "chatglm": "GLM", "granite": "Granite", "stablelm": "StableLM", "jamba": "Jamba", "athene": "Qwen",
    "baichuan": "Baichuan", "exaone": "EXAONE", "minicpm": "MiniCPM", "nemotron": "Nemotron", "grok": "Grok",
    "reka": "Reka", "dbrx": "DBRX", "amber": "Amber",
}  # fmt: skip
_WORD = re.compile(
    "(?<![a-z])(" + "|".join(sorted(map(re.escape, FAMILIES), key=len, reverse=True)) + ")(?![a-z]{3})",
    re.IGNORECASE,
)
_SIZE = re.compile(r"(?<![\d.a-z])(?:(\d+)x)?(\d+(?:\.\d+)?)(b|m)(?![a-z])", re.IGNORECASE)
UNITS = {"b": 1e9, "m": 1e6}
_GENERATION = re.compile(r"[-_ ]?v?(\d(?:[-._]\d)?)(?![\d.]*[bmx\d])", re.IGNORECASE)
_TUNED = re.compile(
    "(?<![a-z])(instruct|instruction|chat|it|sft|dpo|orpo|kto|rlhf|cpo|ppo|simpo|assistant|aligned|zephyr|vicuna"
    "|openchat|starling|tulu|hermes|orca|wizardlm)(?![a-z])",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"meta|base|hf|\d+x|v\d[\d._]*|\d[\d._]*[bmk]?|[-_. ]", re.IGNORECASE)


def family_in_name(name: str) -> str | None:
    """The family whose word comes first, None where there is none."""
    found = _WORD.search(name)
    return None if found is None else FAMILIES[found[1].lower()]


def parameters_in_name(name: str) -> int | None:
    """The number of parameters, None where the name has none."""
    found = _SIZE.findall(name)
    if not found:
        return None
    experts, number, unit = found[-1]
    return round(float(number) * UNITS[unit.lower()] * int(experts or 1))


def generation_in_name(name: str) -> str | None:
    """The family and the number after its word, such as Qwen 2.5; None where there is none."""
    own = _own(name)
    found = _WORD.search(own)
    number = None if found is None else _GENERATION.match(own, found.end())
    if found is None or number is None:
        return None
    return f"{FAMILIES[found[1].lower()]} {re.sub('[-_]', '.', number[1]).removesuffix('.0')}"


def maker_in_name(name: str) -> str | None:
    """Whoever published it, None where the name has no slash."""
    maker, slash, _ = name.partition("/")
    return maker if slash and maker else None


def tuned_in_name(name: str) -> bool | None:
    """Whether it was tuned to follow instructions, None where the name does not say."""
    own = _own(name)
    if _TUNED.search(own):
        return True
    return False if not _PLAIN.sub("", _WORD.sub("", own)) else None


def _own(name: str) -> str:
    """A model's name without its maker and its configuration."""
    return name.partition("+")[0].partition("@")[0].rpartition("/")[2]
