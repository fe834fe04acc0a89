"""The Markdown of this repository, as its tests read it."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What tools leave behind is nobody's to read.
LEFT_BEHIND = {".git", ".venv", ".cache", ".pytest_cache", ".hypothesis"}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)|<img[^>]* src=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


class Page:
    """One Markdown file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text()
        self.prose = _FENCE.sub("", self.text)

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    def blocks(self, language: str) -> list[str]:
        """What its fences of that language hold."""
        return [code for name, code in _FENCE.findall(self.text) if name == language]

    def section(self, heading: str) -> str:
        """What stands below that heading of the second level, up to the next."""
        _, _, behind = self.text.partition(f"\n## {heading}\n")
        assert behind, f"{self} has no section {heading}"
        return behind.partition("\n## ")[0]

    @property
    def code(self) -> list[str]:
        """What stands in backticks between its words."""
        return _CODE.findall(self.prose)

    @property
    def links(self) -> Iterator[tuple[str, str]]:
        """Each link into this repository: its path, empty for the page itself, and its
        anchor, empty for none.
        """
        for target, image in _LINK.findall(_CODE.sub("", self.prose)):
            link = target or image
            if not re.match(r"[a-z]+:", link):
                path, _, anchor = link.partition("#")
                yield path, anchor

    @property
    def anchors(self) -> set[str]:
        """What GitHub, and the site, call its headings."""
        found: dict[str, int] = {}
        anchors = set()
        for heading in _HEADING.findall(self.prose):
            words = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
            count = found[words] = found.get(words, -1) + 1
            anchors.add(f"{words}-{count}" if count else words)
        return anchors


def pages() -> list[Page]:
    """All of them."""
    return [
        Page(path)
        for path in sorted(ROOT.rglob("*.md"))
        if LEFT_BEHIND.isdisjoint(path.relative_to(ROOT).parts)
    ]
