"""What is known of a sound's rest, with a resampler and without."""

import sys

import pytest

from auricle.audio.playing import SoundFormat
from auricle.audio.rendering import Rendering


def test_without_a_resampler_nobody_can_tell_what_is_heard_to_the_end_of_the_sound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As on 32-bit ARM.
    monkeypatch.setitem(sys.modules, "soxr", None)
    rendering = Rendering(SoundFormat(22_050, 1))

    assert rendering.render(b"abcd", 1.0) == (b"abcd", None)
    assert rendering.flush() is None


def test_of_a_sound_that_needs_no_resampler_nothing_is_left() -> None:
    rendering = Rendering(SoundFormat(16_000, 1))

    assert rendering.render(b"abcd", 1.0) == (b"abcd", b"abcd")
    assert rendering.flush() == b""
