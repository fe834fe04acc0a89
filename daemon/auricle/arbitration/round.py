"""Who of several members answers one spoken wake word, as one of them sees it.

```
state        what happens                          next         orders
------------------------------------------------------------------------------------
             heard, and another has ended it       over         conclude
             heard                                 bidding      bid
bidding      0.1 s of audio                        bidding      bid again
             the window is over: ours is best      answering    take, answer
             the same, another's is better         standby
             a better one takes, or is alive       standby
             its leader fails                      bidding      none: the next is best
answering    0.4 s of audio                        answering    alive
             a better one takes, or is alive       standby      withdraw, done (yielded)
             a worse one takes, or is alive        answering    take, said again
             a word that seems later is heard of   answering    the same, once
             ours was handed to the publisher      published
             who went silent is back, and has told it
                                                   over         withdraw, conclude
             ours ended otherwise                  over         done, twice
standby      1.3 s without a sign of who answers   vacant
             who answers failed                    vacant
             it understood nothing, and we heard
             somebody speak                        vacant
             either of these, and it stood in      over         conclude
             who answers ended without a command
             otherwise                             over         conclude
             another person's voice there          vacant
             anybody takes, or is alive            standby
vacant       0.5 s for each better one that is     answering    take for the silent one,
             left (0.25 s behind another person)                answer
             anybody takes, or is alive            standby
             another one that stood in is over     over         conclude
published    0.4 s of audio                        published    alive
             it has left for the broker            published    done, twice
             the broker has it, or never will      over         done, again
bidding,
standby,
vacant       another has published, or comes back
             and has                               over         conclude
answering    another has published                 over         withdraw, conclude
over, ended  any sign but a done                   over         done, said again
published,
over, ended  who is apart takes, or is alive       the same     done, with the text
any          any other sign of who is apart        the same     none
```

*Better* is by level, in tenths of a decibel, and then by name: the same at all members.
Another's late bid ends nothing: its take does.

*The same word* has the same name, and was heard within 0.5 s of ours. A message says
how long ago its sender heard it; on its way it can only have become later, so of all
messages of a turn the second soonest counts. One alone may tell too early a moment: a
busy machine that has taken late sound for lost sound reads its microphone's clock wrong
for a while. For the same reason a turn that once was of our word stays so.

Messages that take longer than that make each of two take the other's word for a later
one. So each message names the turns whose words seem to be later than its sender's, and
whoever answers says so again, once, where it hears of such a word: only one of two can
be the later, and where each seems so to the other, they are the same. So is what seems
to be later and stands in for a turn of our word.

*Apart* are two people who said the word at the same moment, each near another member.
Where the prints of the two voices differ, neither ends the other's turn, and who stood
by for the one voice and heard the other takes that one. Prints err: where the texts of
the two are nearly equal, the second is dropped, and waits for the first one's until it
is known, or until that one is silent.

*Understood nothing*: no voice was heard there, or no words were made of it. Who stands
by may have a better recording of them; one of all does, once, and only where its own
detector heard a voice behind the word, so that of a false alarm nobody makes two.

*Two that both publish* are told apart from two commands by `stands_in_for`. Whoever
stands in names the first turn of the word. And whoever goes on, though it knows that a
worse one took the word too, names that one's turn until it is heard to have yielded:
the worse one may know nothing, publish, and name nobody. Two finals of one word both
name none only where neither of the two has heard one sign of the other between its take
and its final. Whatever becomes of bids, one final comes of a word, or several that name
each other. Where takes and signs of life are lost as well, and several took the word,
two that stand in may each name another one of those.

All time is counted in samples of our own audio.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from auricle.arbitration.messages import (
    Alive,
    Bid,
    Claim,
    Done,
    GroupMessage,
    Take,
)
from auricle.audio.frame import SAMPLE_RATE

SAME_WORD = round(0.5 * SAMPLE_RATE)
BID_AGAIN = round(0.1 * SAMPLE_RATE)
ALIVE_EVERY = round(0.4 * SAMPLE_RATE)
SILENCE = round(1.3 * SAMPLE_RATE)
RANK_PAUSE = round(0.5 * SAMPLE_RATE)
APART_PAUSE = round(0.25 * SAMPLE_RATE)
VOICE_KNOWN = round(1.4 * SAMPLE_RATE)
"""So much of the command, behind the detection, tells who speaks."""
LONGEST = 120 * SAMPLE_RATE
"""A turn with its final takes less: who is still said to be alive then is not."""
REMEMBERED = 10 * SAMPLE_RATE
"""How long a word is known that is over: nobody bids for it any later."""
MOST_RIVALS = 32
UNABLE = -200.0
"""The level of who heard the word, and cannot obey."""
PRINTS_SAID = 2

# As an outcome calls them.
TRANSCRIPT, ERROR, YIELDED, CANCELLED = "transcript", "error", "yielded", "cancelled"
NO_SPEECH = "no_speech"


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the others."""

    message: GroupMessage


@dataclass(frozen=True, slots=True)
class Answer:
    """The word is ours: open its turn, with all that was heard since."""

    again: bool = False
    """Whether another one has answered it before."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Another one answers: end the turn that is open."""

    answered_by: str


@dataclass(frozen=True, slots=True)
class Conclude:
    """The word is answered by another one."""

    answered_by: str
    told_to_stop: bool = False
    """Whether somebody only said to stop what the word had interrupted."""


Order = Tell | Answer | Withdraw | Conclude


class State(Enum):
    """What we do about the word."""

    BIDDING = auto()
    ANSWERING = auto()
    STANDBY = auto()
    VACANT = auto()
    PUBLISHED = auto()
    OVER = auto()


@dataclass(slots=True)
class _Rival:
    """Another member that heard the word."""

    claim: Claim
    sign: int
    """Our sample position when something was heard of it last."""
    soonest: tuple[int, ...] = ()
    """Our sample position when it heard the word, at the latest, by each of the two
    messages that tell the soonest."""
    same_word: bool = False
    """It was heard when ours was, by all that was known at any one time."""
    answers: bool = False
    """It took the word, and is not known to have yielded."""
    left: bool = False
    """It went silent, or cannot answer."""
    ended: bool = False
    told_to_stop: bool = False
    stands_in_for: str | None = None
    apart_from: str | None = None
    print: bytes | None = None
    apart: bool = False
    """It answers another person."""
    answered: bool = False
    """It seemed to be of a later word, and was told so."""
    told: bool = False
    """It has published."""
    text: str | None = None

    @property
    def key(self) -> str:
        """The first turn of the word, as far as it knows."""
        return self.stands_in_for or self.claim.turn

    @property
    def answers_now(self) -> bool:
        return self.answers and not self.left and not self.ended


def _order(claim: Claim) -> tuple[float, str]:
    return round(claim.level, 1), claim.member


@dataclass(slots=True)
class Round:
    """Messages and audio in, orders out."""

    claim: Claim
    """Ours; `after` is 0."""
    at: int
    """The sample position where we heard the word."""
    window: float
    same_person: Callable[[bytes, bytes], bool]
    alone: bool = False
    """Nobody else is known: nothing is said, and nothing waited for."""
    state: State = State.BIDDING
    command_heard: bool = False
    """Whether our own detector heard somebody speak behind the word."""
    print: bytes | None = None
    """The print of the voice that we heard; None until it is known."""
    apart_from: str | None = None
    _rivals: dict[str, _Rival] = field(default_factory=dict)
    _awaited: _Rival | None = None
    _since: int = 0
    """Since when nobody answers, or since when we stand by."""
    _pause: int = RANK_PAUSE
    _first: str | None = None
    """The turn that we stand in for, or will."""
    _now: int = 0
    _earlier_turns: set[str] = field(default_factory=set)
    """Ours, before it was renamed."""
    _said: int = 0
    """Our sample position when we last said that we are there."""
    _prints_said: int = 0
    _bids: int = 0
    _text: str | None = None
    _ended: Done | None = None
    _left: bool = False
    """Our final has left for the broker."""

    # --- what is known ---

    @property
    def pending(self) -> bool:
        """Whether it may still become ours."""
        return self.state in {State.BIDDING, State.STANDBY, State.VACANT}

    @property
    def answered_by(self) -> str | None:
        """The name of the other one that answers, or would; None where nobody else
        heard the word.
        """
        answering = self._answering() or self._bidders()
        if self._awaited is not None:
            return self._awaited.claim.member
        best = max(answering, key=lambda rival: _order(rival.claim), default=None)
        return None if best is None else best.claim.member

    @property
    def heard_by(self) -> tuple[str, ...]:
        """The names of all that heard the word, ours too, in order."""
        return tuple(sorted({self.claim.member, *(r.claim.member for r in self._same)}))

    @property
    def stands_in_for(self) -> str | None:
        """The first turn of the word where that is not ours."""
        first = self._first
        # Two people's commands must not have one name.
        if first is None and not self._apart:
            worse = [r for r in self._same if r.answers and not r.ended]
            worst = min(worse, key=lambda rival: _order(rival.claim), default=None)
            first = None if worst is None else worst.key
        return None if first == self.claim.turn else first

    @property
    def interrupting(self) -> bool:
        """Whether another one that heard the word was playing, or ringing."""
        return any(rival.claim.interrupting for rival in self._same)

    @property
    def leads(self) -> bool:
        """Whether it would be ours, as far as is known."""
        ahead = [*self._answering(), *filter(self._is_better, self._bidders())]
        return self.pending and not ahead

    def said_by(self, alike: Callable[[str], bool]) -> str | None:
        """Return the name of who is apart, and has said what `alike` finds the same as
        ours: that was one person, and the prints err.
        """
        for rival in self._apart:
            if rival.text is not None and alike(rival.text):
                return rival.claim.member
        return None

    @property
    def awaits_text(self) -> bool:
        """Whether one that we took ours apart from is about to tell what was said."""
        return self.apart_from is not None and any(
            (rival.answers_now or rival.told)
            and rival.text is None
            and rival.claim.turn == self.apart_from
            and self._now - rival.sign < SILENCE
            for rival in self._apart
        )

    @property
    def forgotten(self) -> bool:
        """Whether nobody will ask for it any more."""
        return self.state is State.OVER and self._now - self._since > REMEMBERED

    # --- what happens ---

    def known(self, message: GroupMessage, position: int) -> None:
        """Another member said something before we found the word, when our microphone
        was at `position`: nothing is decided before `begin`.
        """
        rival = self._note(message, position)
        if rival is not None:
            self._compare(rival)
            self.alone &= not rival.same_word or rival.apart

    def begin(self) -> list[Order]:
        """The word was heard; what came before of others' is known."""
        self._now = self._said = self.at
        if self.alone:
            self.state = State.ANSWERING
            return [Answer()]
        over = [rival for rival in self._same if rival.ended]
        if over:
            answered = max(over, key=lambda rival: rival.told)
            return self._conclude(
                answered.claim.member, told_to_stop=answered.told_to_stop
            )
        self._bids = 1
        return [Tell(Bid(self._claim())), *self._decide(due=False)]

    def heard(self, position: int) -> list[Order]:
        """Our audio is there up to this sample position."""
        self._now = max(self._now, position)
        match self.state:
            case State.BIDDING:
                orders: list[Order] = []
                if self._bids == 1 and self._now - self.at >= BID_AGAIN:
                    self._bids = 2
                    orders.append(Tell(Bid(self._claim())))
                return orders + self._decide(due=self._window_over)
            case State.ANSWERING | State.PUBLISHED:
                quiet = self.alone or self._now - self._said < ALIVE_EVERY
                return [] if quiet else [self._alive()]
            case State.STANDBY | State.VACANT:
                return self._watch()
            case State.OVER:
                return []

    def said(self, message: GroupMessage, position: int) -> list[Order]:
        """Another member said something, when our microphone was at `position`."""
        if self.state is State.OVER:
            self._now = max(self._now, position)
        rival = self._note(message, position)
        if rival is None:
            return []
        self._compare(rival)
        if not rival.same_word:
            return self._other_word(rival)
        if rival.apart:
            orders = self._watch() if self.state is State.STANDBY else []
            asks = isinstance(message, Take | Alive)
            return [*orders, *self._text_again()] if asks else orders
        unknown, self.alone = self.alone, False
        if isinstance(message, Done):
            return self._other_done(rival, message)
        orders = self._other_there(rival, message)
        if unknown and self.state is State.ANSWERING and not orders:
            # It has heard nothing of ours so far.
            return [self._tell_take()]
        return orders

    def renamed(self, turn: str) -> None:
        """The turn that is open no longer is told to be over; if we answer yet, it is
        with another one.
        """
        self._earlier_turns.add(self.claim.turn)
        self.claim = replace(self.claim, turn=turn)

    def voice_known(self, print_: bytes) -> list[Order]:
        """Take the print of the voice that we heard."""
        self.print = print_
        for rival in self._rivals.values():
            self._compare(rival)
        return self._watch() if self.state is State.STANDBY else []

    def published(self, text: str | None) -> None:
        """Our final was handed to whoever publishes it, and names whom it stands in
        for; `text` is what may be told of it.
        """
        # It has named one, or nobody, and does so for good.
        self._first = self.stands_in_for or self.claim.turn
        self._text = text
        self.state = State.PUBLISHED

    def sent(self) -> list[Order]:
        """Our final has left for the broker, and what we say now comes behind it: who
        hears that knows that the broker has it, even if we never say another word.
        """
        self._left = True
        return [] if self.alone else [Tell(self._done(TRANSCRIPT))] * 2

    def settled(self, *, told: bool) -> list[Order]:
        """The broker has our final; or never will, and nobody else would be in time."""
        orders = self.ended(TRANSCRIPT if told else CANCELLED)
        return orders[:1] if self._left else orders

    def told(self, turn: str) -> list[Order]:
        """The broker has the final of that turn, whoever answers its word now."""
        if turn not in self._turns or self.state in {State.PUBLISHED, State.OVER}:
            return []
        names = [r.claim.member for r in self._same if turn in (r.claim.turn, r.key)]
        return self._answered_elsewhere(names[0] if names else self.claim.member)

    def joined(self) -> list[Order]:
        """Others are known again, and have heard nothing of us."""
        if not self.alone or self.state is not State.ANSWERING:
            return []
        self.alone = False
        return [self._tell_take()]

    def ended(self, outcome: str, *, told_to_stop: bool = False) -> list[Order]:
        """Our turn is over, and its outcome told."""
        self._ended = replace(self._done(outcome), told_to_stop=told_to_stop)
        self.state, self._since = State.OVER, self._now
        return [] if self.alone else [Tell(self._ended)] * 2

    def left(self, outcome: str) -> list[Order]:
        """We do not answer; by `outcome` the others know whether to do so."""
        self.state, self._since = State.OVER, self._now
        return [] if self.alone else [Tell(Done(self._claim(), outcome))] * 2

    # --- deciding ---

    @property
    def _window_over(self) -> bool:
        return self._now - self.at >= self.window * SAMPLE_RATE

    def _decide(self, *, due: bool) -> list[Order]:
        answering = [r for r in self._answering() if self._is_better(r)]
        if answering:
            return self._stand_by(answering)
        if not due:
            return []
        better = [r for r in self._bidders() if self._is_better(r)]
        return self._stand_by(better) if better else self._take()

    def _stand_by(self, rivals: list[_Rival]) -> list[Order]:
        self.state = State.STANDBY
        self._awaited = max(rivals, key=lambda rival: _order(rival.claim))
        self._since = self._now
        return []

    def _take(self) -> list[Order]:
        self.state = State.ANSWERING
        self._awaited = None
        again = self._first not in {None, self.claim.turn}
        return [self._tell_take(), Answer(again)]

    def _watch(self) -> list[Order]:
        """Standing by: see whether somebody still answers."""
        awaited = self._awaited
        if awaited is not None and awaited.apart:
            self._vacate(awaited, self._now)
        elif awaited is not None:
            signs = [awaited.sign, *(rival.sign for rival in self._answering())]
            silent_since = max(self._since, *signs)
            if self._now - silent_since >= SILENCE:
                for rival in (awaited, *self._answering()):
                    rival.left = True
                self._vacate(awaited, silent_since + SILENCE)
        if self._now - self.at >= LONGEST:
            return self._conclude(self.answered_by or self.claim.member)
        if self.state is not State.VACANT:
            return []
        ahead = sum(self._is_better(rival) for rival in self._bidders())
        return self._take() if self._now >= self._since + ahead * self._pause else []

    def _vacate(self, awaited: _Rival, since: int) -> None:
        """It does not answer our person."""
        others = self._answering()
        if others:
            self._stand_by(others)
            return
        self.state, self._since, self._awaited = State.VACANT, since, None
        self._pause = RANK_PAUSE
        if awaited.apart:
            self._pause = APART_PAUSE
            self.apart_from = awaited.claim.turn
        else:
            self._first, self.apart_from = awaited.key, awaited.apart_from
            if self._first == self.claim.turn:
                # Somebody took ours for the first; but what went silent is another one,
                # and may have published without having heard of us.
                self._first = awaited.claim.turn

    def _other_word(self, rival: _Rival) -> list[Order]:
        if self.state is State.STANDBY:
            return self._watch()
        doubtful = self.state is State.ANSWERING and self._seems_later(rival)
        if not doubtful or rival.answered:
            return []
        # It may hear of ours as late as we of its, and knows by that whether it does.
        rival.answered, self.alone = True, False
        return [self._tell_take()]

    def _other_there(self, rival: _Rival, message: Bid | Take | Alive) -> list[Order]:
        # What comes behind the end of its turn was said before it.
        answers = not isinstance(message, Bid) and not rival.ended
        match self.state:
            case State.BIDDING:
                return self._decide(due=False)
            case State.ANSWERING if answers and self._is_better(rival):
                yielded = Tell(
                    Done(self._claim(), YIELDED, self.stands_in_for, self.apart_from)
                )
                self._stand_by([rival])
                return [Withdraw(rival.claim.member), yielded]
            case State.ANSWERING if answers:
                return [self._tell_take()]
            case State.STANDBY | State.VACANT if answers:
                return self._stand_by(self._answering())
            case State.OVER if self._ended is not None:
                return [Tell(self._ended)]
        return []

    def _other_done(self, rival: _Rival, done: Done) -> list[Order]:
        answered = rival.claim.member
        if done.outcome == TRANSCRIPT:
            match self.state:
                case State.PUBLISHED | State.OVER:
                    return []
            return self._answered_elsewhere(answered)
        if self.state is State.BIDDING:
            obeyed = done.outcome not in {ERROR, YIELDED}
            if not obeyed:
                return self._decide(due=False)
            return self._conclude(answered, told_to_stop=done.told_to_stop)
        if self.state not in {State.STANDBY, State.VACANT}:
            return []
        if self._answering():
            return self._stand_by(self._answering())
        missed = done.outcome == NO_SPEECH and self.command_heard
        failed = done.outcome == ERROR or missed
        if done.stands_in_for is not None if failed else rival.ended:
            return self._conclude(answered, told_to_stop=done.told_to_stop)
        better = [r for r in self._bidders() if self._is_better(r)]
        if done.outcome == YIELDED and better:
            return self._stand_by(better)
        if failed and rival is self._awaited:
            self._vacate(rival, self._now)
        return self._watch()

    def _text_again(self) -> list[Order]:
        """Tell who is apart what ours said, once that was told: it may not know."""
        published = self.state is State.PUBLISHED and self._left
        if published or (self._ended is not None and self._ended.outcome == TRANSCRIPT):
            return [Tell(self._done(TRANSCRIPT))] * 2
        return []

    def _answered_elsewhere(self, answered_by: str) -> list[Order]:
        withdraw: list[Order] = []
        if self.state is State.ANSWERING:
            withdraw = [Withdraw(answered_by)]
        return withdraw + self._conclude(answered_by)

    def _conclude(self, answered_by: str, *, told_to_stop: bool = False) -> list[Order]:
        self.state, self._since = State.OVER, self._now
        self._awaited = None
        ours = told_to_stop and self.claim.interrupting
        return [Conclude(answered_by, told_to_stop=ours)]

    # --- the others ---

    def _note(self, message: GroupMessage, position: int) -> _Rival | None:
        claim = message.claim
        if claim.member == self.claim.member or claim.wake_word != self.claim.wake_word:
            return None
        # What we have heard was made before.
        heard_at = max(position, self._now) - round(claim.after * SAMPLE_RATE)
        # Also what is of another word is known: on its way, one of its messages may
        # come to look as if it were of this one.
        rival = self._rivals.get(claim.member)
        if rival is None:
            if len(self._rivals) == MOST_RIVALS:
                return None
            rival = self._rivals[claim.member] = _Rival(claim, position)
        elif rival.claim.turn != claim.turn:
            known, rival = rival, _Rival(claim, position)
            if known.same_word:
                if not self._is_of_ours(heard_at):
                    return None
                rival.print, rival.apart = known.print, known.apart
                if self._awaited is known:
                    self._awaited = rival
            self._rivals[claim.member] = rival
        rival.claim = claim
        rival.soonest = tuple(sorted((*rival.soonest, heard_at))[:2])
        rival.same_word |= self._is_of_ours(rival.soonest[-1])
        rival.same_word |= self._seems_later(rival) and self._is_meant(message)
        rival.sign = max(rival.sign, position)
        if isinstance(message, Bid):
            return rival
        rival.stands_in_for = message.stands_in_for
        rival.apart_from = message.apart_from
        if isinstance(message, Done):
            rival.left |= message.outcome == ERROR
            rival.ended |= message.outcome not in {ERROR, YIELDED}
            rival.answers &= message.outcome != YIELDED
            rival.told |= message.outcome == TRANSCRIPT
            rival.told_to_stop |= message.told_to_stop
            rival.text = message.text or rival.text
        else:
            rival.answers, rival.left = True, False
            rival.print = message.print or rival.print
        return rival

    def _compare(self, rival: _Rival) -> None:
        if rival.apart_from == self.claim.turn or rival.claim.turn == self.apart_from:
            rival.apart = True
        elif self.print is not None and rival.print is not None:
            rival.apart = not self.same_person(self.print, rival.print)

    def _is_of_ours(self, heard_at: int) -> bool:
        return abs(heard_at - self.at) <= SAME_WORD

    def _seems_later(self, rival: _Rival) -> bool:
        by_both = len(rival.soonest) == 2
        return by_both and rival.soonest[-1] - self.at > SAME_WORD

    def _is_meant(self, message: GroupMessage) -> bool:
        """Whether its sender takes ours for the same word, or for a later one."""
        first = None if isinstance(message, Bid) else message.stands_in_for
        return not self._turns.isdisjoint({first, *message.claim.later} - {None})

    def _is_better(self, rival: _Rival) -> bool:
        return _order(rival.claim) > _order(self.claim)

    @property
    def _same(self) -> list[_Rival]:
        return [
            rival
            for rival in self._rivals.values()
            if rival.same_word and not rival.apart
        ]

    @property
    def _turns(self) -> set[str | None]:
        """All that are known to be of the word."""
        others = (turn for r in self._same for turn in (r.claim.turn, r.key))
        return {self.claim.turn, *self._earlier_turns, self._first, *others}

    @property
    def _apart(self) -> list[_Rival]:
        """Those that answer another person, who said the word at the same moment."""
        return [
            rival for rival in self._rivals.values() if rival.same_word and rival.apart
        ]

    def _bidders(self) -> list[_Rival]:
        return [rival for rival in self._same if not rival.left and not rival.ended]

    def _answering(self) -> list[_Rival]:
        return [rival for rival in self._same if rival.answers_now]

    # --- ours ---

    def _claim(self) -> Claim:
        ours = self.claim
        after = (self._now - self.at) / SAMPLE_RATE
        later = (r for r in self._rivals.values() if self._seems_later(r))
        turns = tuple(r.claim.turn for r in later if not (r.same_word or r.ended))
        return replace(ours, after=after, later=turns)

    def _done(self, outcome: str) -> Done:
        text = self._text if self._apart else None
        return Done(self._claim(), outcome, self.stands_in_for, self.apart_from, text)

    def _tell_take(self) -> Tell:
        self._said = self._now
        return Tell(
            # Whoever takes it late may have its final before it is alive for once.
            Take(self._claim(), self.stands_in_for, self.apart_from, self.print)
        )

    def _alive(self) -> Tell:
        self._said = self._now
        shown = None
        if self.print is not None and self._prints_said < PRINTS_SAID:
            self._prints_said += 1
            shown = self.print
        return Tell(Alive(self._claim(), self.stands_in_for, self.apart_from, shown))
