"""The documents of the project, and what they show: links, code blocks, commands, names in code spans."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
#: Everything that is written for users and contributors, reports apart.
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *PAGES,
    *sorted((ROOT / "examples").rglob("*.md")),
]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", flags=re.M | re.S)
_COMMAND = re.compile(r"(?:\.venv/bin/|python -m |(?:mkdocs|pip|pytest) [-\w])")
_LINK = re.compile(r"\]\(([^()\s]+)\)")


@dataclass(frozen=True)
class Command:
    """One command that a document shows, in words; ``program`` is all that chooses a parser of options."""

    program: tuple[str, ...]
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return shlex.join((*self.program, *self.arguments))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def fenced(text: str, language: str) -> list[str]:
    """The code blocks in a language; those that name none are of the language ''."""
    return [block for name, block in _FENCE.findall(text) if name == language]


def languages(text: str) -> set[str]:
    return {name for name, _ in _FENCE.findall(text)}


def prose(text: str) -> str:
    """The text without its code blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Targets of links and images, code left out, in the order of the text."""
    return _LINK.findall(re.sub(r"`[^`\n]*`", "", prose(text)))


def code_spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(text))


def heading_anchors(text: str) -> set[str]:
    """The addresses of headings, as code hosts and the site make them."""
    headings = re.findall(r"^#+ (.*)$", prose(text), flags=re.M)
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


def is_tree(block: str) -> bool:
    """Whether a block is an annotated tree of folders."""
    return re.match(r"\S+/ ", block) is not None


def commands(text: str) -> list[Command]:
    """Every command of every shell block and code span; a block without a language is one, if it is no tree."""
    blocks = fenced(text, "sh") + [block for block in fenced(text, "") if not is_tree(block)]
    blocks += filter(_COMMAND.match, code_spans(text))
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]
    # Square brackets and dots of synopses, as in [--output DIR] and DIR_OR_XML..., are not the shell's.
    words = [shlex.split(re.sub(r"[][]|\.\.\.", "", line), comments=True) for line in lines]
    return [command_of(part) for line in words for part in split_at(line, "&&")]


def split_at(words: list[str], sign: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word == sign:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def command_of(words: list[str]) -> Command:
    """Tell the program from its arguments: ``python -m MODULE COMMAND``, ``TOOL COMMAND`` or ``TOOL``."""
    name = Path(words[0]).name
    if name == "python" and words[1] == "-m":
        length = 3
    elif name in ("python", "sh"):
        length = 2
    else:
        length = 1
    if name not in ("pytest", "sh") and len(words) > length and re.fullmatch(r"[a-z]+", words[length]):
        length += 1
    return Command(tuple(words[:length]), tuple(words[length:]))
