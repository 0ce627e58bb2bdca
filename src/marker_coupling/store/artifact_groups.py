"""Groups of artifacts: computed many at a time, looked up one by one.

A group is one artifact of the store, there as a whole or not at all, so that work cut off midway is done
again in the same grouping and gives the same bytes. What is missing is made as another group: after one
persona's text has changed, only what depends on it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from marker_coupling.store.artifacts import ArtifactStore

First = TypeVar("First", bound=Hashable)
Second = TypeVar("Second", bound=Hashable)

#: Fills one empty folder for each missing member, by its index among the keys.
MakeMembers = Callable[[Mapping[int, Path]], None]


def key_of(**determinants: object) -> str:
    """Return one digest of everything that determines a value: texts, numbers, and lists of them."""
    text = json.dumps(determinants, sort_keys=True, ensure_ascii=True, default=list)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def get_members(
    store: ArtifactStore, kind: str, keys: Sequence[str], make: MakeMembers, *, wait: bool = True
) -> list[Path] | None:
    """Return the folders of artifacts, those that are missing made together now.

    Parameters
    ----------
    keys : of each member, all different
    wait : wait for another process that is making them; otherwise return None at once

    Raises
    ------
    StoreError
        They cannot be kept.
    """
    folders = find_members(store, kind, keys)
    missing = [index for index, key in enumerate(keys) if key not in folders]
    if missing:

        def make_group(folder: Path) -> None:
            members = {index: _member(folder, number) for number, index in enumerate(missing)}
            for member in members.values():
                member.mkdir()
            make(members)

        group = json.dumps([keys[index] for index in missing])
        folder = (store.get if wait else store.try_get)(kind, group, make_group)
        if folder is None:
            return None
        folders |= {keys[index]: _member(folder, number) for number, index in enumerate(missing)}
    return [folders[key] for key in keys]


def _member(group: Path, number: int) -> Path:
    return group / f"{number:04d}"


def find_members(store: ArtifactStore, kind: str, keys: Sequence[str]) -> dict[str, Path]:
    """Return the folders of artifacts that are there and whole, by key; never makes one, never waits."""
    wanted, folders = set(keys), dict[str, Path]()
    for group in store.keys(kind):
        members: list[str] = json.loads(group)
        if wanted.isdisjoint(members) or (folder := store.find(kind, group)) is None:
            continue
        for number, key in enumerate(members):
            if key in wanted:
                folders.setdefault(key, _member(folder, number))
    return folders


def group_by_first(
    pairs: Iterable[tuple[First, Second]],
) -> list[tuple[tuple[First, ...], tuple[Second, ...]]]:
    """Divide pairs into full products: firsts that all go with the same seconds, as adapters with prompts.

    Parameters
    ----------
    pairs : all different, in the order of the seconds, then of the firsts
    """
    firsts_of: dict[Second, list[First]] = {}
    for first, second in pairs:
        firsts_of.setdefault(second, []).append(first)
    seconds_of: dict[tuple[First, ...], list[Second]] = {}
    for second, firsts in firsts_of.items():
        seconds_of.setdefault(tuple(firsts), []).append(second)
    return [(firsts, tuple(seconds)) for firsts, seconds in seconds_of.items()]
