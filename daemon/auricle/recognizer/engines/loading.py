"""Which speech model a name stands for."""

from auricle.errors import ConfigError, how_to_install
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.weights import MOONSHINE, TINY_EN


def load_engine(
    model: str,
    *,
    threads: int,
    device: str = "cpu",
    compute_type: str | None = None,
    window: int | None = None,
) -> Engine:
    """Load `model`, a name or a folder of one's own, to be run by so many threads.

    `device`, `compute_type` and `window` are those of WhisperEngine, and of no other.
    Only then is its library imported: each is an optional extra. Raises ConfigError
    where it is not installed, or cannot be used.
    """
    if model == MOONSHINE.name:
        for option, given in (
            ("--device", device != "cpu"),
            ("--compute-type", compute_type is not None),
            ("--window", window is not None),
        ):
            if given:
                raise ConfigError(f"{option} is for Whisper models, not {model}")
    extra = MOONSHINE.extra if model == MOONSHINE.name else TINY_EN.extra
    try:
        if model == MOONSHINE.name:
            from auricle.recognizer.engines.moonshine import MoonshineEngine

            return MoonshineEngine()
        from auricle.recognizer.engines.whisper import WHOLE_WINDOW, WhisperEngine

        return WhisperEngine(
            model,
            threads=threads,
            device=device,
            compute_type=compute_type,
            window=window or WHOLE_WINDOW,
        )
    except ImportError as error:
        raise ConfigError(
            f"{error.name} is not installed; run {how_to_install(extra)}"
        ) from error
