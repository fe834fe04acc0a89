"""Which speech engine a model needs, imported only then: each is an optional extra."""

from auricle.errors import ConfigError
from auricle.recognizer.engine import Engine
from auricle.recognizer.engines.weights import MOONSHINE, TINY_EN


def load_engine(model: str, *, threads: int) -> Engine:
    """`model` by name, or a folder of one's own.

    Raises ConfigError where it cannot be used.
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
            f"{error.name} is not installed; run: pip install 'auricle[{extra}]'"
        ) from error
