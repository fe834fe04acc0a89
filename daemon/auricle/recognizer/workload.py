"""What one engine has to do for all sessions: how long that takes, who is next, and for
whom there is no time.

Finals wait for each other, first in, first out; as a session has one with the engine at
a time, nobody waits for more than one of each other's. A final of an utterance that may
go on waits for all those, until it is over. A draft, which nobody needs, is made only
for who finds the engine free, and leaves it free for twice as long. The times of an
argument `now` are seconds of any clock that nobody sets.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations
from math import ceil
from statistics import median

# As many as a house says in a few minutes: what keeps a machine busy comes and goes.
_LATEST = 16
# Utterances as alike as that do not tell what a longer one costs.
_UNLIKE = 0.5
# Most commands are shorter.
_COMMAND = 3.0
# The final has to wait for a draft that is under way when the utterance ends. Of one
# that is long beside the time that a draft takes, more is likely to come.
_WORTH_A_DRAFT = 3
# However many speak, the engine is at their drafts for a third of the time: they would
# meet each other's finals.
_FREE_OF_DRAFTS = 2


class DecodeSpeed:
    """How long a final takes, as the latest ones tell."""

    def __init__(self) -> None:
        self._latest: deque[tuple[float, float]] = deque(maxlen=_LATEST)

    def note(self, seconds: float, took: float) -> None:
        """Take note that a final of so many `seconds` of sound took so long."""
        self._latest.append((seconds, took))

    @property
    def known(self) -> bool:
        """Whether any final has told."""
        return bool(self._latest)

    def takes(self, seconds: float) -> float:
        """Return what three of four finals of so many `seconds` of sound do not exceed.

        An engine that was never used is taken for a fast one.
        """
        if not self._latest:
            return 0.0
        per_second = self._per_second()
        rest = sorted(took - per_second * sound for sound, took in self._latest)
        most = rest[ceil(0.75 * len(rest)) - 1]
        return max(0.0, most + per_second * seconds)

    def _per_second(self) -> float:
        # Whisper works on 30 s whatever they hold, others on what there is. The median
        # of all pairs does not heed the one decode that a busy moment held up.
        slopes = [
            (took - other_took) / (sound - other)
            for (sound, took), (other, other_took) in combinations(self._latest, 2)
            if abs(sound - other) >= _UNLIKE
        ]
        return max(0.0, median(slopes)) if slopes else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Decode:
    """The engine is to recognize so much sound; no two of these are the same."""

    seconds: float
    final: bool
    ahead: bool = False
    """Whether it is of an utterance that may go on: those who wait for theirs go first.
    """


class Workload:
    """It knows which decodes wait for the engine, and which one that is at."""

    def __init__(self, deadline: float) -> None:
        """Who does not say how long it waits for a final waits for `deadline`
        seconds.
        """
        self._deadline = deadline
        self._speed = DecodeSpeed()
        self._draft_took = 0.0
        self._no_draft_until = 0.0
        self._waiting: deque[Decode] = deque()
        self._ahead: deque[Decode] = deque()
        self._current: Decode | None = None
        self._since = 0.0

    @property
    def idle(self) -> bool:
        """Whether the engine is at nothing, and nothing waits."""
        return self._current is None and not self._waiting and not self._ahead

    @property
    def speed_known(self) -> bool:
        """Whether any final has told how long one takes."""
        return self._speed.known

    @property
    def command_takes(self) -> float:
        """How many seconds the engine is at a command of 3 s."""
        return self._speed.takes(_COMMAND)

    def most_at_once(self, at_most: int) -> int:
        """Return for how many commands at a time the deadline has room, at most so
        many: one at least.
        """
        takes = self.command_takes
        if takes * at_most <= self._deadline:
            return at_most
        return max(1, int(self._deadline / takes))

    def wait(self, now: float) -> float:
        """Return in how many seconds the engine will be free of what is waited for."""
        ahead = sum(self._speed.takes(decode.seconds) for decode in self._waiting)
        return self._current_takes(now) + ahead

    def strictest(self, deadline: float | None, others: Collection[float]) -> float:
        """Return within how many seconds everybody's finals have to come where one has
        the `deadline`, and those of `others` are due as well.
        """
        # Any of them may be the last whose turn comes, also the most impatient; but who
        # waits for less than a command takes is late in any case.
        in_reach = filter(self.command_takes.__le__, others)
        return min([self._within(deadline), *in_reach])

    def wants_draft(
        self,
        seconds: float,
        listening: Collection[float],
        now: float,
        deadline: float | None = None,
    ) -> bool:
        """Tell whether there is time for a draft of so many `seconds` of sound.

        `listening` is that of `no_room`: their finals, which may all be due in a
        moment, go first, and come within `deadline`.
        """
        if not self.idle or now < self._no_draft_until:
            return False
        if seconds < _WORTH_A_DRAFT * self._draft_took:
            return False
        return self.has_time_to_spare(seconds, listening, deadline)

    def has_time_to_spare(
        self,
        seconds: float,
        listening: Collection[float],
        deadline: float | None = None,
    ) -> bool:
        """Tell whether so many `seconds` of sound can be recognized for nothing.

        `listening` is that of `no_room`: their finals may all be due in a moment, and
        come within `deadline` even so.
        """
        coming = sum(self._finals_take(listening))
        return coming + self._speed.takes(seconds) <= self._within(deadline)

    def no_time(
        self, seconds: float, now: float, deadline: float | None = None
    ) -> int | None:
        """Return after how many seconds to try again, where others are in the way of a
        final of so many `seconds` of sound; None where it comes within `deadline`.

        A slow engine that is free does what it can.
        """
        if self.idle:
            return None
        excess = self.wait(now) + self._speed.takes(seconds) - self._within(deadline)
        return _whole(excess) if excess > 0 else None

    def no_room(
        self, listening: Collection[float], now: float, deadline: float | None = None
    ) -> int | None:
        """Return after how many seconds to try again, where a further session would get
        no final within `deadline` if all who are there ended their utterances now.

        `listening` is how much of an utterance has come in each session whose utterance
        is not over. None lets it in: the first one, always.
        """
        if self.idle and not listening:
            return None
        coming = self._finals_take(listening)
        wait = self.wait(now) + sum(coming)
        excess = wait + self.command_takes - self._within(deadline)
        if excess <= 0:
            return None
        return _whole(max(excess, self._until_one_is_served(listening, coming, now)))

    def patience(self, seconds: float, deadline: float | None = None) -> float:
        """Return for how long a final of so many `seconds` of sound may wait, where it
        is wanted within `deadline`.
        """
        return max(0.0, self._within(deadline) - self._speed.takes(seconds))

    def pause(self, now: float) -> int:
        """Return after how many seconds there is less to do."""
        return _whole(self.wait(now))

    def join(self, decode: Decode) -> None:
        """Have `decode` wait for its turn."""
        (self._ahead if decode.ahead else self._waiting).append(decode)

    def confirm(self, decode: Decode) -> bool:
        """Have `decode`, whose utterance is over now, wait among those of the others;
        return whether it still waits.
        """
        if decode not in self._ahead:
            return False
        self._ahead.remove(decode)
        self._waiting.append(decode)
        return True

    def leave(self, decode: Decode) -> bool:
        """Forget `decode` if it still waits, and return whether it did."""
        for waiting in (self._waiting, self._ahead):
            if decode in waiting:
                waiting.remove(decode)
                return True
        return False

    def start(self, now: float) -> Decode | None:
        """Return what the engine begins now; None where it is not free, or done."""
        waiting = self._waiting or self._ahead
        if self._current is not None or not waiting:
            return None
        self._current, self._since = waiting.popleft(), now
        return self._current

    def done(self, now: float, *, told: bool) -> None:
        """Take note that the engine is free again; `told`: it found words."""
        assert self._current is not None
        decode, self._current = self._current, None
        took = now - self._since
        if not decode.final:
            self._draft_took = took
            self._no_draft_until = now + _FREE_OF_DRAFTS * took
            return
        # A draft takes no longer than a final: a busy moment is got over.
        self._draft_took = min(self._draft_took, took)
        if told:
            # Of sound without a word, some models see at once that there is none.
            self._speed.note(decode.seconds, took)

    def _within(self, deadline: float | None) -> float:
        return self._deadline if deadline is None else deadline

    def _finals_take(self, listening: Collection[float]) -> list[float]:
        return [self._speed.takes(max(_COMMAND, heard)) for heard in listening]

    def _current_takes(self, now: float) -> float:
        if self._current is None:
            return 0.0
        # What is overdue by so much is likely to be so for as long again.
        elapsed = now - self._since
        return abs(self._speed.takes(self._current.seconds) - elapsed)

    def _until_one_is_served(
        self, listening: Collection[float], coming: Collection[float], now: float
    ) -> float:
        ends = [
            max(0.0, _COMMAND - heard) + takes
            for heard, takes in zip(listening, coming, strict=True)
        ]
        if not self.idle:
            ends.append(self._current_takes(now))
        return min(ends)


def _whole(seconds: float) -> int:
    # Retry-After knows whole seconds only, and 0 would be at once.
    return max(1, ceil(seconds))
