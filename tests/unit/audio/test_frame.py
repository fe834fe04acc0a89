from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, Frame, FrameCutter


def test_a_frame_knows_where_it_ends_and_how_long_it_is() -> None:
    frame = Frame(bytes(FRAME_BYTES), start=1000)
    assert frame.end == 1480
    assert frame.seconds == 0.03


@given(st.lists(st.binary(max_size=3 * FRAME_BYTES), max_size=20))
def test_pieces_of_any_size_become_the_same_frames(pieces: list[bytes]) -> None:
    cutter = FrameCutter()
    frames = [frame for piece in pieces for frame in cutter.push(piece)]
    sound = b"".join(pieces)
    whole = len(sound) - len(sound) % FRAME_BYTES
    assert b"".join(frame.pcm for frame in frames) == sound[:whole]
    assert [frame.start for frame in frames] == [
        n * FRAME_SAMPLES for n in range(len(frames))
    ]
    rest = sound[whole:]
    assert [frame.pcm for frame in cutter.fill()] == [
        rest.ljust(FRAME_BYTES, b"\0") for _ in rest[:1]
    ]


@given(
    st.lists(st.binary(max_size=9 * FRAME_BYTES), max_size=9),
    st.integers(min_value=2, max_value=8),
)
def test_the_sound_of_an_array_becomes_frames_that_hold_its_mix_and_all_of_it(
    pieces: list[bytes], channels: int
) -> None:
    cutter = FrameCutter(channels, lambda pcm: pcm[:FRAME_BYTES])
    frames = [frame for piece in pieces for frame in cutter.push(piece)]
    sound = b"".join(pieces)
    array = FRAME_BYTES * channels
    whole = len(sound) - len(sound) % array
    assert b"".join(frame.array for frame in frames) == sound[:whole]
    assert [frame.pcm for frame in frames] == [
        frame.array[:FRAME_BYTES] for frame in frames
    ]
    assert [frame.start for frame in frames] == [
        n * FRAME_SAMPLES for n in range(len(frames))
    ]
    cutter.skip(1000)
    (frame,) = cutter.push(bytes(array))
    held = (len(sound) - whole) // (2 * channels)
    assert frame.start == len(frames) * FRAME_SAMPLES + held + 1000


def test_lost_samples_leave_a_hole_in_the_positions() -> None:
    cutter = FrameCutter()
    cutter.push(bytes(FRAME_BYTES))
    cutter.skip(1000)
    (frame,) = cutter.push(bytes(FRAME_BYTES))
    assert frame.start == FRAME_SAMPLES + 1000


def test_sound_from_before_a_hole_is_not_joined_to_that_behind_it() -> None:
    cutter = FrameCutter()
    cutter.push(b"\x01\x01" * 100)
    cutter.skip(1000)
    (frame,) = cutter.push(bytes(FRAME_BYTES))
    assert frame == Frame(bytes(FRAME_BYTES), start=1100)
