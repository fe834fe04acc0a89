"""Takes into the site whatever of this repository its pages link to.

On GitHub a page in docs/ may link to any file (`../SECURITY.md`); a site holds docs/
only. So each file that is linked to is copied below `repository/`, where pages keep
their links among each other, and a folder becomes a page that lists its files.
"""

import re
from pathlib import Path
from posixpath import dirname, join, normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
ELSEWHERE = "repository"
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what the pages link to, and what that links to."""
    waiting = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    taken = set(waiting)
    while waiting:
        path = waiting.pop()
        for target in _linked(path):
            if target not in taken and not target.startswith("docs/"):
                taken.add(target)
                waiting.append(target)
                files.append(_taken(target, config))
    return files


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Let the page's links lead to where their files are in the site."""
    here = _repository_path(page.file.src_uri)
    folder = dirname(page.file.src_uri)

    def moved(link: re.Match[str]) -> str:
        target = _target(here, link[2])
        if target is None:
            return link[0]
        uri = relpath(_site_path(target), folder or ".")
        return f"{link[1]}{uri}{link[3] or ''}{link[4]}"

    return LINK.sub(moved, markdown)


def _linked(path: str) -> list[str]:
    """The files and folders that a page links to, from the repository's root."""
    source = ROOT / path
    if source.is_dir():
        return [f"{path}/{name}" for name in _files_in(source)]
    if source.suffix != ".md":
        return []
    found = (_target(path, link[2]) for link in LINK.finditer(source.read_text()))
    return [target for target in found if target is not None]


def _target(path: str, link: str) -> str | None:
    """What a page at `path` links to; None where that is not in this repository."""
    if re.match(r"[a-z]+:", link):
        return None
    target = normpath(join(dirname(path), link))
    return target if (ROOT / target).exists() else None


def _taken(target: str, config: MkDocsConfig) -> File:
    source = ROOT / target
    where = {"inclusion": InclusionLevel.NOT_IN_NAV}
    if source.is_dir():
        listed = "\n".join(f"* [{name}]({name})" for name in _files_in(source))
        text = f"# {target}\n\n{listed}\n"
        return File.generated(config, _site_path(target), content=text, **where)
    path = str(source)
    return File.generated(config, _site_path(target), abs_src_path=path, **where)


def _files_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.is_file())


def _site_path(target: str) -> str:
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    page = "/files.md" if (ROOT / target).is_dir() else ""
    return f"{ELSEWHERE}/{target}{page}"


def _repository_path(uri: str) -> str:
    if uri.startswith(f"{ELSEWHERE}/"):
        return uri.removeprefix(f"{ELSEWHERE}/")
    return f"docs/{uri}"
