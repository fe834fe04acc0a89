"""What Qwen3-ASR can be told before it hears: the language by its name, and words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# It reads and writes 512 tokens in all: 13 for a second of sound, and 128 at most of
# what was said. What it is told comes out of the rest.
LONGEST_SECONDS = 20
"""So much sound leaves room for the transcript, and for words to expect."""
# About 90 tokens: an English one has 3 or 4 letters, a Chinese sign 3 bytes.
_MOST_BYTES = 300
# The last two are the commas of Chinese and Japanese.
_SEPARATORS = re.compile("[,;\n\u3001\uff0c]+")

LANGUAGE_NAMES: Mapping[str, str] = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "en": "English",
    "es": "Spanish", "fi": "Finnish", "fil": "Filipino", "fr": "French", "hi": "Hindi",
    "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "ms": "Malay", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "sv": "Swedish",
    "th": "Thai", "tr": "Turkish", "vi": "Vietnamese", "yue": "Cantonese",
    "zh": "Chinese",
}  # fmt: skip
"""The names of the languages it knows, by the protocol's codes."""


@dataclass(frozen=True, slots=True)
class Hotwords:
    """Words to expect, as the model is told them."""

    text: str
    left_out: str | None
    """Says how much of them it is told; None where that is all."""


def hotwords(corpus: str) -> Hotwords:
    """Return as many of the words to expect as there is room for, the first first."""
    words = [word.strip() for word in _SEPARATORS.split(corpus) if word.strip()]
    told: list[str] = []
    room = _MOST_BYTES
    for word in words:
        room -= len(word.encode()) + 1
        if room < 0:
            break
        told.append(word)
    left_out = None
    if len(told) < len(words):
        left_out = f"the first {len(told)} of {len(words)}"
    return Hotwords(",".join(told), left_out)
