"""Text of others made fit to be shown: a server's, a stranger's, an exception's.

What would act on a screen goes: a terminal obeys escapes, and a bidirectional override
lets a text read other than it is. The words stay, in whichever script.
"""

import re

LONGEST_TRANSCRIPT = 2000
"""A transcript has no more characters: several times what 60 s of speech can hold."""

LONGEST_WHOLE = 40_000
"""All transcripts of a session together have no more characters. Careful clients take a
message of 256 kB at most; of a Chinese character, JSON makes six bytes.
"""

# A colour or cursor command that a terminal would obey (ECMA-48: CSI, and OSC with
# its terminator), and any other escape with the character behind it.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b."
)
_LINE_BREAKS = dict.fromkeys(map(ord, "\t\n\v\f\r\x85\u2028\u2029"), " ")
# Controls show as nothing or do harm; bidirectional overrides reorder what surrounds
# them; a lone surrogate cannot be encoded as UTF-8 at all.
_INVISIBLE = dict.fromkeys(
    [
        *(n for n in (*range(0x20), *range(0x7F, 0xA0)) if n not in _LINE_BREAKS),
        *(*range(0x202A, 0x202F), *range(0x2066, 0x206A)),
        *range(0xD800, 0xE000),
    ]
)


def clean(text: str, longest: int = LONGEST_TRANSCRIPT) -> str:
    """Return `text` in one line, without escapes, controls and overrides.

    It is cut to `longest` characters; its spaces are kept, since it may be a piece of
    a longer text.
    """
    # Cut first: a message may be a hundred times longer than any transcript.
    text = _ESCAPE.sub("", text[: 2 * longest])
    return text.translate(_LINE_BREAKS).translate(_INVISIBLE)[:longest]


def presentable(text: str, longest: int = LONGEST_TRANSCRIPT) -> str:
    """Return `text` cleaned, as a whole: with one space between words, none around.

    It is cut to `longest` characters.
    """
    return " ".join(clean(text, longest).split())


def log_line(text: str) -> str:
    """Return `text` in one line, with ` | ` for line breaks.

    What cannot be printed is shown as \N{REPLACEMENT CHARACTER}: who reads a log has to
    see that there was something.
    """
    joined = " | ".join(filter(None, (line.strip() for line in text.splitlines())))
    return "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in joined
    )
