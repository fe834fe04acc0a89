"""Which speech model a name stands for."""

from auricle.errors import ConfigError, how_to_install
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.weights import MOONSHINE, TINY_EN


def load_engine(model: str, *, threads: int) -> Engine:
    """Load `model`, a name or a folder of one's own, to be run by so many threads.

    Only then is its library imported: each is an optional extra. Raises ConfigError
    where it is not installed, or cannot be used.
    """
    extra = MOONSHINE.extra if model == MOONSHINE.name else TINY_EN.extra
    try:
        if model == MOONSHINE.name:
            from auricle.recognizer.engines.moonshine import MoonshineEngine

            return MoonshineEngine()
        from auricle.recognizer.engines.whisper import WhisperEngine

        return WhisperEngine(model, threads=threads)
    except ImportError as error:
        raise ConfigError(
            f"{error.name} is not installed; run {how_to_install(extra)}"
        ) from error
