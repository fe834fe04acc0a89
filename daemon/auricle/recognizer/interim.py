"""How an interim transcript grows: what will not change of it, and what may."""


class InterimText:
    """One item's interim transcripts, each recognized anew from the whole audio, become
    one that grows.
    """

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        self._confirmed = ""
        self._latest = ""

    @property
    def begun(self) -> bool:
        """Whether the client was told anything of the item."""
        return bool(self._latest)

    def take(self, text: str, *, anyway: bool = False) -> tuple[str, str] | None:
        """Return the confirmed prefix, which only grows, and the draft behind it.

        Confirmed is what two transcripts in a row agree on, in whole words. None where
        there is no news, but for `anyway`: more is known now of the same words.
        """
        if not text:
            # Words that somebody has said are not unsaid by a draft that finds none.
            return None
        latest, self._latest = self._latest, text
        agreed = _common_words(latest, text)
        grows = len(agreed) > len(self._confirmed) and agreed.startswith(
            self._confirmed
        )
        if text == latest and not grows and not anyway:
            return None
        if grows:
            self._confirmed = agreed
        if text.startswith(self._confirmed):
            return self._confirmed, text[len(self._confirmed) :]
        # The engine has changed its mind about words that were given out as certain.
        # The final will correct them; the draft goes on behind as many words.
        rest = text.split()[len(self._confirmed.split()) :]
        return self._confirmed, "".join(f" {word}" for word in rest)


def _common_words(one: str, other: str) -> str:
    end = 0
    for at in range(1, min(len(one), len(other)) + 1):
        if one[at - 1] != other[at - 1]:
            break
        if _ends_word(one, at) and _ends_word(other, at):
            end = at
    return one[:end]


def _ends_word(text: str, at: int) -> bool:
    return at == len(text) or not (text[at - 1].isalnum() and text[at].isalnum())
