"""What is understood of a turn, above all where a link died in between."""

from auricle.qwen_asr.events import FinalTranscript, SpeechStarted, SpeechStopped
from auricle.turns.items import TurnItems


def utterance(
    items: TurnItems, item: str, start_ms: int | None, end_ms: int | None
) -> None:
    items.started(SpeechStarted(item, start_ms))
    items.stopped(SpeechStopped(item, end_ms), voiced=1.0)


def text(items: TurnItems) -> str:
    return items.text(drafts=False)


def test_what_is_under_way_is_awaited_once_it_is_over() -> None:
    items = TurnItems()
    items.started(SpeechStarted("one", 0))
    before = (items.under_way, items.awaited)
    items.stopped(SpeechStopped("one", 900), voiced=0.6)
    assert (before, items.under_way, items.awaited) == ((True, False), False, True)


def test_what_may_be_noise_is_not_awaited_but_understood() -> None:
    items = TurnItems()
    items.started(SpeechStarted("one", 0))
    items.stopped(SpeechStopped("one", 900), voiced=None)
    assert not items.awaited
    items.final(FinalTranscript("one", "Stop."))
    assert text(items) == "Stop."


def test_commits_are_named_in_their_order() -> None:
    items = TurnItems()
    for _ in range(2):
        items.committed(voiced=1.0)
    items.known("one")
    items.known("two")
    items.final(FinalTranscript("two", "two"))
    items.final(FinalTranscript("one", "one"))
    assert text(items) == "one two"


def test_what_is_dropped_is_not_understood() -> None:
    items = TurnItems()
    utterance(items, "tail", 0, 400)
    items.drop("tail")
    assert not items.final(FinalTranscript("tail", "Boo."))
    assert (text(items), items.awaited) == ("", False)


def test_behind_the_close_only_what_is_due_is_understood() -> None:
    items = TurnItems()
    items.committed(voiced=1.0)
    items.close()
    items.final(FinalTranscript("one", "one"))
    assert not items.final(FinalTranscript("two", "two"))
    assert text(items) == "one"


def test_ids_that_begin_anew_with_each_link_are_not_mixed_up() -> None:
    items = TurnItems()
    utterance(items, "item_1", 0, 1500)
    items.final(FinalTranscript("item_1", "one"))
    items.again(committed=False)
    utterance(items, "item_1", 2000, 3500)
    items.final(FinalTranscript("item_1", "two"))
    assert text(items) == "one two"


def test_what_is_understood_again_counts_once() -> None:
    items = TurnItems()
    for item, start_ms in (("item_1", 0), ("item_2", 2000)):
        utterance(items, item, start_ms, start_ms + 1500)
    items.final(FinalTranscript("item_2", "two"))
    items.again(committed=False)
    for item, start_ms, said in (("item_1", 0, "one"), ("item_2", 2010, "two!")):
        utterance(items, item, start_ms, start_ms + 1500)
        items.final(FinalTranscript(item, said))
    assert text(items) == "one two!"


def test_of_a_server_that_tells_no_times_all_is_said_again() -> None:
    items = TurnItems()
    utterance(items, "one", None, None)
    items.final(FinalTranscript("one", "one"))
    items.again(committed=False)
    before = text(items)
    utterance(items, "again one", None, None)
    items.final(FinalTranscript("again one", "one."))
    assert (before, text(items)) == ("one", "one.")
