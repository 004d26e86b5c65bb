"""What a model's name says of it, for models that have no card: family and size, by the words people use.

The rule: the family is the first known family word in the name (Qwen before Llama in "calme-2.3-qwen-llama" only if it
stands first); the size is the last number with a B, experts multiplied out (8x7B is 56 billion).
"""

from __future__ import annotations

import re

FAMILIES = {
    "codellama": "Llama", "llama": "Llama", "vicuna": "Llama", "alpaca": "Llama", "wizard": "Llama", "tulu": "Llama",
    "orca": "Llama", "openchat": "Mistral", "mixtral": "Mistral", "mistral": "Mistral", "zephyr": "Mistral",
    "starling": "Mistral", "qwen": "Qwen", "qwq": "Qwen", "gemma": "Gemma", "gemini": "Gemini", "phi": "Phi",
    "yi": "Yi", "falcon": "Falcon", "internlm": "InternLM", "deepseek": "DeepSeek", "command": "Command",
    "gpt-neox": "GPT-NeoX", "gpt-j": "GPT-J", "gpt": "GPT", "claude": "Claude", "pythia": "Pythia", "opt": "OPT",
    "bloom": "BLOOM", "mpt": "MPT", "solar": "SOLAR", "smollm": "SmolLM", "smollm2": "SmolLM", "olmo": "OLMo",
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
