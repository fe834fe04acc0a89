"""Whisper's encoder, which computes what was said, and not the silence behind it.

Whisper looks at 30 s whatever was said, and its encoder takes most of a transcript's
time: of a command, nine tenths of that for the silence behind. It cannot go without: it
then gets one command in ten wrong that it had right. But it can be given a silence that
was encoded beforehand, when nothing was said. In each layer, what is said attends to
that as it would to one of its own, and comes out nearly the same.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from auricle.recognizer.engines.ctranslate2_weights import read_weights
from auricle.recognizer.engines.onnx_session import load_session
from auricle.recognizer.engines.whisper_graph import encoder_graph, layer_count

_Array = npt.NDArray[np.float32]

logger = logging.getLogger(__name__)

_POSITIONS_PER_SECOND = 50
_FEATURES_PER_POSITION = 2
# A second of the silence is computed anew, with what is left in it of the sound. With
# less, Whisper finds the same words, but sooner thinks that nothing was said.
_POSITIONS_BEHIND = 50
# That of a Whisper tiny. Of slot words, base understood 5 points less with it, and the
# weights of larger ones would take gigabytes in 32 bits.
_WIDEST = 384


class WhisperEncoder:
    """An encoder is held in memory. Threads may share it."""

    def __init__(
        self, weights: Mapping[str, _Array], *, seconds: int, threads: int
    ) -> None:
        """Take the `weights` by their names in CTranslate2's files, and look at so many
        seconds, of which what is not said is silence; or at as many as are said.

        Raises ValueError where these are not the weights of an encoder.
        """
        try:
            self._longest, width = weights["position_encodings/encodings"].shape
            self._bands = weights["conv1/weight"].shape[1]
            self._session = load_session(encoder_graph(weights), threads=threads)
            self._names = [given.name for given in self._session.get_inputs()]
            heads = int(weights["num_heads"])
            nothing = np.zeros((0, heads, width // heads), np.float32)
            positions = min(seconds * _POSITIONS_PER_SECOND, self._longest)
            self._encoded_silence, *self._silence = self._run(
                np.zeros((self._bands, positions * _FEATURES_PER_POSITION), np.float32),
                [nothing] * (2 * layer_count(weights)),
            )
        except Exception as error:  # ONNX Runtime's errors have no type of their own
            raise ValueError(f"no encoder of a Whisper: {error!r}") from error

    def encode(self, features: _Array) -> _Array:
        """Return what is made of `features` (bands x 10 ms) and of the silence behind
        them: 1 x positions x width.
        """
        heard = -(-features.shape[1] // _FEATURES_PER_POSITION)
        end = min(heard + _POSITIONS_BEHIND, self._longest)
        whole = np.zeros((self._bands, end * _FEATURES_PER_POSITION), np.float32)
        features = features[:, : whole.shape[1]]
        whole[:, : features.shape[1]] = features
        encoded, *_ = self._run(whole, [part[end:] for part in self._silence])
        return np.concatenate([encoded, self._encoded_silence[end:]])[np.newaxis]

    def _run(self, features: _Array, behind: Sequence[_Array]) -> Sequence[_Array]:
        given = zip(self._names, [features[np.newaxis], *behind], strict=True)
        made: Sequence[_Array] = self._session.run(None, dict(given))
        return made


def load_encoder(folder: Path, *, seconds: int, threads: int) -> WhisperEncoder | None:
    """Load the encoder of a model in CTranslate2's format, to look at so many seconds.

    It is None where the model is larger than a tiny one; or where its weights are not
    those that are known here, which is logged: CTranslate2 may know them all the same.
    Raises OSError where its file cannot be read.
    """
    file = folder / "model.bin"
    try:
        places = read_weights(file, "encoder/position_encodings/").get("encodings")
        if places is not None and places.shape[1] > _WIDEST:
            return None
        return WhisperEncoder(
            read_weights(file, "encoder/"), seconds=seconds, threads=threads
        )
    except ValueError as error:
        logger.warning(
            "CTranslate2 runs the encoder, too, which takes several times as long: %s",
            error,
        )
        return None
