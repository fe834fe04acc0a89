"""In place of a package that has no wheel either; see pymicro_vad."""


class AudioProcessor:
    pass
