"""The files of a version that are made of shards: linked where they are the same, or written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import volumes
from pipelines.leftout import LEFT_OUT
from pipelines.sources import AT_A_TIME

if TYPE_CHECKING:
    from pipelines.leftout import LeftOut
    from pipelines.sources import Extract


def write_data(
    plans: Iterable[list[volumes.Plan]],
    extracts: Sequence[Extract],
    shelf: volumes.Shelf,
    folder: Path,
    step: Callable[[int], None],
) -> list[volumes.Volume]:
    """The data files by their plans, those of a group of shards at a time.

    ``step`` is told how many groups are done.
    """

    def make(number: int, plans: list[volumes.Plan]) -> list[volumes.Made]:
        paths = [folder / f"{plan.split}-{number}.tmp" for plan in plans]
        linked = [shelf.fetch(plan.made_of, path) for plan, path in zip(plans, paths, strict=True)]
        anew = [place for place, digest in enumerate(linked) if not digest]
        if anew:
            volumes.write([plans[n] for n in anew], extracts, [paths[n] for n in anew])
        return [
            volumes.Made(plan.split, plan.count, plan.made_of, path, digest or shelf.digest(path))
            for plan, path, digest in zip(plans, paths, linked, strict=True)
        ]

    made: list[volumes.Made] = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        jobs = [pool.submit(make, number, group) for number, group in enumerate(plans)]
        try:
            for done, job in enumerate(jobs):
                step(done)
                made += job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return volumes.shelve(made, folder)


def write_left_out(
    groups: Sequence[Sequence[int]], left_out: LeftOut, shelf: volumes.Shelf, folder: Path
) -> list[volumes.Volume]:
    """The pairs that were left out, a file for the shards of each data file."""
    made = []
    for number, group in enumerate(groups):
        pairs = left_out.pairs(group)
        path = folder / f"{LEFT_OUT}-{number}.tmp"
        made_of = left_out.made_of(group, pairs)
        digest = shelf.fetch(made_of, path)
        if not digest:
            left_out.write(pairs, path)
            digest = shelf.digest(path)
        made.append(volumes.Made(LEFT_OUT, len(pairs), made_of, path, digest))
    return volumes.shelve(made, folder)
