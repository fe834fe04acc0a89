"""What is kept of wake words that were nearly heard, and of those that were missed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from auricle.audio.frame import FRAME_BYTES, FRAME_SECONDS, Frame
from auricle.listen.collection import Collection
from auricle.listen.recorder import Recorder
from auricle.listen.view import Moment


class Evening:
    """Somebody is at home, and what is heard is kept."""

    def __init__(self, folder: Path) -> None:
        self.collection = Collection(folder, new=True)
        self.recorder = Recorder(
            *(self.collection, {"alexa": 0.9}, ["alexa"], None),
            now=lambda: datetime.now(UTC),
        )
        self._now = 0

    def passes(self, seconds: float, *, score: float = 0.0) -> None:
        for _ in range(round(seconds / FRAME_SECONDS)):
            frame = Frame(bytes(FRAME_BYTES), self._now)
            self._now = frame.end
            moment = Moment(frame.end, -30.0, -60.0, True, {"alexa": score})
            self.recorder.hear(frame, moment, {})

    @property
    def evidence(self) -> tuple[int, int]:
        """How many sounds were wanted, and how many were not."""
        known = self.collection.evidence("alexa", lambda _: 0.7)
        return len(known.wanted), len(known.unwanted)


@pytest.mark.parametrize("later", [0.5, 2.0, 4.5])
def test_who_was_nearly_heard_and_says_so_is_no_false_alarm_as_well(
    tmp_path: Path, later: float
) -> None:
    evening = Evening(tmp_path)
    evening.passes(6.0)
    evening.passes(0.1, score=0.7)
    evening.passes(later)

    evening.recorder.press("m")
    evening.passes(3.0)

    assert evening.evidence == (1, 0)


def test_what_was_nearly_heard_long_before_is_not_what_somebody_missed(
    tmp_path: Path,
) -> None:
    evening = Evening(tmp_path)
    evening.passes(0.1, score=0.7)
    evening.passes(6.0)

    evening.recorder.press("m")

    assert evening.evidence == (1, 1)


@pytest.mark.parametrize("key", ["y", "n"])
def test_who_deletes_the_sound_that_was_kept_last_ends_no_recording(
    tmp_path: Path, key: str
) -> None:
    evening = Evening(tmp_path)
    evening.passes(0.1, score=0.7)
    evening.passes(2.0)
    for sound in tmp_path.rglob("*.wav"):
        sound.unlink()

    evening.recorder.press(key)

    assert not evening.recorder.finished
    assert evening.recorder.status == "0 of 500 sounds kept"
