"""Words that end what plays, and are no command."""

from collections.abc import Iterable

from auricle.qwen_asr.wording import words

STOP_WORDS: tuple[str, ...] = (
    *("stop", "stop it", "cancel", "be quiet", "quiet", "silence", "shut up"),
    *("never mind", "enough"),
    *("stopp", "halt", "abbrechen", "abbruch", "aufhören", "hör auf", "sei still"),
    *("ruhe", "schluss"),
    *("arrête", "arrêtez", "annule", "annuler", "tais-toi", "assez"),
    *("para", "detente", "cancela", "cancelar", "basta", "cállate", "silencio"),
    *("ferma", "fermati", "annulla", "zitto", "silenzio"),
    *("pare", "parar", "chega", "silêncio"),
    *("stoppen", "annuleer", "hou op", "stil"),
    *("стоп", "хватит", "отмена", "замолчи", "тихо"),
    *("停", "停止", "取消", "停下", "停一下", "别说了", "安静", "够了"),
    *("ストップ", "止めて", "とめて", "やめて", "キャンセル", "静かに"),
    *("멈춰", "그만", "정지", "취소", "조용히"),
)
"""Those of the languages that are most spoken to satellites.

All of them count at once: of a single word, a recognizer does not tell the language
well.
"""


class StopWords:
    """Tells a transcript that only says to stop from a command."""

    def __init__(self, phrases: Iterable[str] = STOP_WORDS) -> None:
        self._phrases = {said for phrase in phrases if (said := tuple(words(phrase)))}

    def are_all_of(self, transcript: str) -> bool:
        """Whether nothing else is said; they may be said more than once."""
        said = tuple(words(transcript))
        # As far as this it is made of them.
        ends = {0}
        for start in range(len(said)):
            if start in ends:
                ends |= {
                    start + len(phrase)
                    for phrase in self._phrases
                    if said[start : start + len(phrase)] == phrase
                }
        return bool(said) and len(said) in ends
