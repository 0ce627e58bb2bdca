"""Artifacts that are made many at a time and looked up one by one.

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

#: Fills one empty folder for each member that is missing, by its place among those asked for.
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
    wait : whether to wait for another process that is making them; otherwise return None at once

    Raises
    ------
    StoreError
        They cannot be kept.
    """
    found = _found(store, kind, keys)
    missing = [place for place, key in enumerate(keys) if key not in found]
    if missing:

        def make_group(folder: Path) -> None:
            folders = {place: folder / f"{number:04d}" for number, place in enumerate(missing)}
            for member in folders.values():
                member.mkdir()
            make(folders)

        group = json.dumps([keys[place] for place in missing])
        made = (store.get if wait else store.try_get)(kind, group, make_group)
        if made is None:
            return None
        found |= {keys[place]: made / f"{number:04d}" for number, place in enumerate(missing)}
    return [found[key] for key in keys]


def _found(store: ArtifactStore, kind: str, keys: Sequence[str]) -> dict[str, Path]:
    wanted, found = set(keys), dict[str, Path]()
    for group in store.keys(kind):
        members: list[str] = json.loads(group)
        if wanted.isdisjoint(members) or (folder := store.find(kind, group)) is None:
            continue
        for number, key in enumerate(members):
            if key in wanted:
                found.setdefault(key, folder / f"{number:04d}")
    return found


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
