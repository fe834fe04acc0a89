"""Somebody is asked to say the wake words."""

from auricle.audio.frame import FRAME_SECONDS
from auricle.listen.candidates import Candidate
from auricle.listen.prompts import LONGEST, Prompts
from auricle.wake.detector import WakeWord

ALEXA, NABU = WakeWord("alexa", "Alexa"), WakeWord("okay_nabu", "Okay Nabu")


class Asked:
    """Somebody who hears the prompts, and what was taken for an answer."""

    def __init__(self, *words: WakeWord, times: int = 1) -> None:
        self.prompts = Prompts(words, times)
        self.said: list[Candidate] = []

    def hear(
        self,
        seconds: float,
        score: float = 0.0,
        *,
        speech: bool = False,
        detected: bool = False,
    ) -> None:
        for _ in range(round(seconds / FRAME_SECONDS)):
            scores = dict.fromkeys(("alexa", "okay_nabu"), score)
            said = self.prompts.hear(scores, scores if detected else {}, speech=speech)
            if said is not None:
                self.said.append(said[0])

    def say(self, score: float, *, detected: bool = False) -> None:
        self.hear(0.6, speech=True)
        self.hear(0.03, score, speech=True, detected=detected)
        self.hear(1.2)


def test_each_wake_word_is_asked_for_so_many_times() -> None:
    asked = Asked(ALEXA, NABU, times=2)
    prompts = []
    for score in (0.9, 0.8, 0.7, 0.6):
        asked.hear(1.0)
        prompts.append(asked.prompts.text)
        asked.say(score)
    assert prompts == [
        'say "Alexa": 1 of 2',
        'say "Alexa": 2 of 2',
        'say "Okay Nabu": 1 of 2',
        'say "Okay Nabu": 2 of 2',
    ]
    assert [(said.wake_word, said.score) for said in asked.said] == [
        ("alexa", 0.9),
        ("alexa", 0.8),
        ("okay_nabu", 0.7),
        ("okay_nabu", 0.6),
    ]
    assert asked.prompts.finished
    assert asked.prompts.text == ""


def test_what_was_said_counts_however_little_the_engine_thinks_of_it() -> None:
    asked = Asked(ALEXA)
    asked.hear(1.0)
    asked.say(0.02)
    assert asked.said == [Candidate("alexa", 0.02, detected=False)]


def test_what_woke_the_satellite_up_is_told() -> None:
    asked = Asked(ALEXA)
    asked.hear(1.0)
    asked.say(0.97, detected=True)
    assert asked.said == [Candidate("alexa", 0.97, detected=True)]


def test_who_says_nothing_is_asked_again() -> None:
    asked = Asked(ALEXA)
    asked.hear(1.0 + LONGEST + 1.0)
    assert asked.said == []
    assert asked.prompts.text == 'nothing was heard; say "Alexa": 1 of 1'
    asked.say(0.9)
    assert asked.prompts.finished


def test_a_cough_is_no_answer() -> None:
    asked = Asked(ALEXA)
    asked.hear(1.0)
    asked.hear(0.09, speech=True)
    asked.hear(1.5)
    assert asked.said == []


def test_where_others_talk_on_a_word_ends_all_the_same() -> None:
    asked = Asked(ALEXA)
    asked.hear(1.0)
    asked.hear(0.9, 0.95, speech=True)
    asked.hear(3.0, speech=True)
    assert asked.said == [Candidate("alexa", 0.95, detected=False)]
