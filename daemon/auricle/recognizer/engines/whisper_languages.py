"""The languages of the protocol by the codes that Whisper has for them."""

from collections.abc import Collection

from auricle.qwen_asr.events import LANGUAGES

# Cantonese it learned late: to most models it is Chinese.
_WHISPER_CODES = {"fil": "tl", "yue": "zh"}
_PROTOCOL_CODES = {"tl": "fil"}


def known_languages(whisper_codes: Collection[str]) -> frozenset[str]:
    """Return the protocol's codes of what a model of these `whisper_codes` knows."""
    return frozenset(
        code
        for code in LANGUAGES
        if code in whisper_codes or whisper_code(code) in whisper_codes
    )


def whisper_code(language: str) -> str:
    """Return Whisper's code of a language of the protocol."""
    return _WHISPER_CODES.get(language, language)


def protocol_code(whisper_code: str) -> str:
    """Return the protocol's code of one of Whisper's languages, where it has one."""
    return _PROTOCOL_CODES.get(whisper_code, whisper_code)
