"""Hooks of mkdocs: pages made from the commands, files of the repository that pages link to, and the form of outer links.

mkdocs checks links and anchors inside the site. Links that leave it are checked for their form only: a build needs no network.
"""

import posixpath
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from command_pages import command_pages  # noqa: E402

_OUTSIDE = "repository"  # the folder of the site with the files of the repository that pages link to
_LINK = re.compile(r"(\]\()([^)\s]+)((?:\s+\"[^\"]*\")?\))")
_FENCE = re.compile(r"^ *(```|~~~).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
_log = get_plugin_logger("links")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the entries of the navigation that are made: the commands, and the measurements that pages link to."""
    made = {
        "commands/": [{name: f"commands/{name}.md"} for name in command_pages()],
        "measured/": [{_title(path): _source(path)} for path in _linked_files() if path.endswith("RESULTS.md")],
    }
    config.nav = _filled(config.nav, made)
    return config


def _filled(nav: list, made: dict) -> list:
    entries = []
    for entry in nav:
        if isinstance(entry, dict):
            ((title, value),) = entry.items()
            entry = {title: _filled(value, made) if isinstance(value, list) else made.get(value, value)}
        entries.append(entry)
    return entries


def _title(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8").splitlines()[0].lstrip("# ")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the commands and the files of the repository that pages link to."""
    for name, text in command_pages().items():
        files.append(File.generated(config, f"commands/{name}.md", content=text))
    for path in _linked_files():
        files.append(File.generated(config, _source(path), abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to files of the repository lead to their copies in the site."""
    source = page.file.src_uri
    if source.startswith("commands/"):
        return markdown
    folder = posixpath.dirname(_repository_path(source))

    def link(match: "re.Match[str]") -> str:
        target = match[2]
        if urlsplit(target).scheme:
            _check_outer_link(target, source)
        if urlsplit(target).scheme or target.startswith("#"):
            return match[0]
        path, mark, anchor = target.partition("#")
        path = _source(posixpath.normpath(posixpath.join(folder, path)))
        return match[1] + posixpath.relpath(path, posixpath.dirname(source) or ".") + mark + anchor + match[3]

    return _outside_code(lambda text: _LINK.sub(link, text), markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Show the bars in code of tables without the backslash that Markdown needs there."""
    return re.sub(r"<td.*?</td>", lambda cell: cell[0].replace("\\|", "|"), html, flags=re.DOTALL)


def _check_outer_link(target: str, source: str) -> None:
    parts = urlsplit(target)
    if parts.scheme not in ("https", "http") or "." not in parts.netloc or "//" in parts.path:
        _log.warning("%s: '%s' is no address of a web page", source, target)


def _linked_files() -> list:
    """Paths from the root: README.md, the files outside ``docs/`` that pages link to, and those that these link to."""
    found = ["README.md"]
    waiting = [*found, *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]
    while waiting:
        page = waiting.pop(0)
        text = _FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
        for _, target, _ in _LINK.findall(text):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target.partition("#")[0]))
            is_new = path not in found and not urlsplit(target).scheme and not target.startswith("#")
            if is_new and not path.startswith("docs/") and (ROOT / path).is_file():
                found.append(path)
                waiting += [path] if path.endswith(".md") else []
    return sorted(found)


def _source(path: str) -> str:
    """The path within the site's pages of a path from the root of the repository."""
    return path[len("docs/") :] if path.startswith("docs/") else f"{_OUTSIDE}/{path}"


def _repository_path(source: str) -> str:
    """The inverse of ``_source``."""
    return source[len(_OUTSIDE) + 1 :] if source.startswith(f"{_OUTSIDE}/") else f"docs/{source}"


def _outside_code(change, text: str) -> str:
    """Apply a change to what is outside blocks of code."""
    done, start = [], 0
    for block in _FENCE.finditer(text):
        done += [change(text[start : block.start()]), block[0]]
        start = block.end()
    return "".join([*done, change(text[start:])])
