"""With what no sentence ends, and what a command may well end with."""

import pytest

from auricle.assets.words import unfinished
from auricle.turns.unfinished import UnfinishedWords

WORDS = UnfinishedWords(unfinished())


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Turn on the"),
        ("en", "Turn on the."),
        ("en", "Please turn on"),
        ("en-US", "I\u2019d like"),
        ("en", "Make me a large"),
        ("en", "Make me a large dark."),
        ("en", "Set a 20 minute"),
        ("en", "Can I have a 16?"),
        ("de", "Mach mir einen starken"),
        ("fr", "Donne-moi une petite"),
        ("es", "Pon el primer"),
        ("it", "Metti una nuova"),
        ("de", "Schalte das Licht im"),
        ("fr", "Allume la lumi\u00e8re dans la"),
        ("fr", "Allume l\u2019"),
        ("es", "Enciende la luz de la"),
        ("it", "Accendi la luce della"),
        ("zh", "\u8bf7\u6253\u5f00"),
        ("zh", "\u6253\u5f00\u706f\u7136\u540e"),
        ("ja", "\u660e\u304b\u308a\u3001"),
        (None, "Turn on the light\u2026"),
        (None, "Turn on the light, "),
        ("en", "Turn on the kitchen..."),
    ],
)
def test_who_stops_here_is_about_to_go_on(language: str | None, text: str) -> None:
    assert WORDS.end(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Switch it on"),
        ("en", "Turn the light off."),
        ("en", "What time is it?"),
        ("en", "Wait for a while"),
        ("en", "Set the volume to 20"),
        ("en", "Make the bedroom warm"),
        ("en", "Wake me at seven every day"),
        ("en", "Turn it up a little"),
        ("en", "What glows in the dark?"),
        ("en", "Wait an hour"),
        ("en", "Remind me in 20 minutes"),
        ("en", "Large"),
        ("en", "20"),
        ("en", "Turn on a light"),
        ("en", "Turn on the second"),
        ("de", "Mach das Licht rot"),
        ("de", "Schalte den Fernseher ein"),
        ("de", "Nimm das rote"),
        ("fr", "Rappelle-moi le 5"),
        ("es", "Pon la luz grande"),
        ("de", "Schalte das Licht ein"),
        ("de", "Mach die T\u00fcr auf."),
        ("de", "Wie sp\u00e4t ist es"),
        ("en", "Who is this song by?"),
        ("en", "Who is there?"),
        ("de", "Wann geht die Sonne unter?"),
        ("de", "Was gibt es"),
        ("fr", "Qu'est-ce qu'il y a ?"),
        ("es", "\u00bfQui\u00e9n es?"),
        ("it", "Chi \u00e8?"),
        ("it", "Accendi la luce a casa mia"),
        ("zh", "\u6253\u9ebb\u5c06"),
        ("zh", "\u628a\u706f\u5e2e\u6211\u5173\u6389"),
        ("fr", "\u00c9teins-la"),
        ("es", "para"),
        ("es", "Enci\u00e9ndela."),
        ("it", "Spegnila"),
        ("zh", "\u628a\u5ba2\u5385\u7684\u706f\u6253\u5f00"),
        ("zh", "\u597d\u7684"),
        ("xx", "Turn on the"),
        (None, "Turn on the"),
        ("en", "\u2026"),
        ("en", "No,"),
        ("en", ""),
    ],
)
def test_who_stops_here_may_be_done(language: str | None, text: str) -> None:
    assert not WORDS.end(text, language)


def test_the_languages_that_are_most_spoken_to_satellites_are_known() -> None:
    assert unfinished().keys() >= {"de", "en", "es", "fr", "it", "zh"}


def test_no_word_stands_twice_and_each_is_in_lower_case() -> None:
    for language in unfinished().values():
        assert language.keys() <= {"endings", "articles", "attributes"}
        for listed in language.values():
            assert len(set(listed)) == len(listed)
            assert [word.lower() for word in listed] == [*listed]
