import sys

import numpy as np
import pytest

from auricle.qwen_asr_client.errors import FormatError
from auricle.qwen_asr_client.opus import OpusEncoder


@pytest.mark.parametrize("rate", [16_000, 8_000])
def test_what_is_encoded_is_what_a_recognizer_decodes(rate: int) -> None:
    pytest.importorskip("av")
    from auricle.recognizer.codecs import OpusDecoder

    tone = 8000 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    pcm = tone.astype("<i2").tobytes()
    encoder, decoder = OpusEncoder(rate), OpusDecoder()
    size = 0
    parts = []
    for at in range(0, len(pcm), 1000):
        pages = encoder.encode(pcm[at : at + 1000])
        size += len(pages)
        parts.append(decoder.decode(pages))
    early = sum(map(len, parts)) / 32_000
    parts.append(decoder.decode(encoder.complete()) + decoder.flush())
    heard = b"".join(parts)

    assert early > 0.9, "it leaves while it is spoken"
    assert size < len(pcm) / 3
    assert 1.0 <= len(heard) / 32_000 < 1.1
    samples = np.frombuffer(heard, "<i2")[1600:14_400].astype(float)
    frequencies = np.abs(np.fft.rfft(samples))
    assert np.argmax(frequencies) * 16_000 / len(samples) == pytest.approx(440, abs=3)


def test_without_pyav_the_format_is_refused_by_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(FormatError, match="send pcm"):
        OpusEncoder(16_000)
