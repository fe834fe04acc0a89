"""A second model of the same wake word, which is asked where the first is in doubt.

It is one of microWakeWord's version 1: of another architecture, which errs elsewhere,
and too dear to listen all along.
"""

from pathlib import Path
from typing import Any

from auricle.audio.features import BANDS
from auricle.errors import ConfigError
from auricle.wake.description import is_of_version_1, read_json
from auricle.wake.streaming_model import Interpreter, ModelFile, Quantizer
from auricle.wake.tflite import INT8, UINT8, inspect_model

_LONGEST_WINDOW = 100
# It takes features every 20 ms, and what it heard 2.4 s ago makes no difference.
_EVERY, _HEARD = 2, 240 * BANDS
# The word may be cut short by what is said behind it: it is asked a second time as if
# quiet followed where it was nearly heard, 0.12 s behind what made it so.
_UNSURE, _QUIET = 12 * BANDS, 30
# A word's answers are within as many before the end of the quiet.
_ANSWERS = 50


class SecondOpinion:
    """Says how sure another model is of what was heard."""

    def __init__(self, library: Any, path: Path) -> None:
        """Load the version 1 model that the `.json` file at `path` describes.

        Raises ConfigError naming the file that cannot be used.
        """
        model, self._window = _described(path)
        _check_model(library, model, path)
        self._file = ModelFile(library, model)
        self._interpreter: Interpreter | None = None

    def of(self, features: bytes, before: int, quantizer: Quantizer) -> float:
        """Return its highest score, 0 to 1, of a word that was nearly heard behind the
        first `before` of these features, which are bytes of the `quantizer`.
        """
        if self._interpreter is None:
            self._interpreter = self._file.interpreter()
        ours = quantizer.counted_up(features).translate(self._translation(quantizer))
        nearly = ours[: max(0, before - _UNSURE)]
        return max(self._highest(ours), self._highest(nearly))

    def _translation(self, quantizer: Quantizer) -> bytes:
        """Return what each byte of one tensor is in the other, both counted up."""
        assert self._interpreter is not None
        theirs = self._interpreter.quantizer
        steps = (
            round((byte - quantizer.quiet) * quantizer.scale / theirs.scale)
            + theirs.quiet
            for byte in range(256)
        )
        return bytes(min(max(step, 0), 255) for step in steps)

    def _highest(self, features: bytes) -> float:
        assert self._interpreter is not None
        quiet = bytes([self._interpreter.quantizer.quiet]) * BANDS
        kept = features[-_HEARD:]
        heard = [kept[at : at + BANDS] for at in range(0, len(kept), BANDS)]
        heard = heard[len(heard) % _EVERY :: _EVERY] + [quiet] * _QUIET
        sound = self._interpreter.quantizer.as_it_is(b"".join(heard))
        answers = list(self._interpreter.answers(sound))
        means = (
            sum(answers[at - self._window : at]) / self._window
            for at in range(
                max(self._window, len(answers) - _ANSWERS + 1), len(answers) + 1
            )
        )
        return max(means, default=0.0)


def _described(path: Path) -> tuple[Path, int]:
    """The model file, and how many probabilities make a score."""
    described = read_json(path)
    if not is_of_version_1(described):
        raise ConfigError(
            f"wake word model {path} is not of version 1: a second opinion is another "
            "architecture's (ESPHome's collection keeps version 1 in its folder models)"
        )
    try:
        window = described["micro"]["sliding_window_average_size"]
        model = path.parent / str(described["model"])
        usable = 1 <= window <= _LONGEST_WINDOW and window == int(window)
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"wake word model {path} is not a microWakeWord description: "
            f"{type(error).__name__} {error}"
        ) from error
    if not usable:
        raise ConfigError(
            f"wake word model {path} has a sliding_window_average_size of {window}"
        )
    return model, int(window)


def _check_model(library: Any, model: Path, description: Path) -> None:
    taken, given = inspect_model(library, model)
    quantized = {INT8, UINT8}
    if (
        taken.type not in quantized
        or given.type not in quantized
        or taken.shape != (1, 1, BANDS)
        or given.shape != (1, 1)
    ):
        raise ConfigError(
            f"wake word model {model}, which {description} names, is not a "
            "microWakeWord model of version 1"
        )
