"""Artifacts that are made many at a time and looked up one by one.

A group is one artifact of the store, there as a whole or not at all, so that work cut off midway is done
again in the same grouping and gives the same bytes. What is missing is made as another group: after one
persona's text has changed, only what depends on it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from marker_coupling.store.artifacts import ArtifactStore

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


def are_there(store: ArtifactStore, kind: str, keys: Sequence[str]) -> bool:
    """Return whether all members are there; never makes or waits."""
    return len(_found(store, kind, keys)) == len(set(keys))


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


def lacking(
    personas: Sequence[str], adapters: int, folders: Mapping[int, Path]
) -> Iterator[tuple[tuple[int, ...], dict[str, int]]]:
    """Group what adapters lack, so that adapters that lack the same are asked at once.

    Parameters
    ----------
    personas : as whom adapters are asked
    folders : of what is lacking, by number: all adapters' as the first persona, then as the second

    Yields
    ------
    tuple
        Adapters, and the personas as which each of them lacks it, with the number of its first adapter.
    """
    asking: dict[tuple[int, ...], dict[str, int]] = {}
    for number, persona in enumerate(personas):
        first = number * adapters
        places = tuple(place for place in range(adapters) if first + place in folders)
        asking.setdefault(places, {})[persona] = first
    yield from ((places, asked) for places, asked in asking.items() if places)
