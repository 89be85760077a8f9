"""All pairs of a build: which are used, on which side, and why not the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.columns import coded, open_columns
from pipelines.holdings import Recipe
from pipelines.roster import DOCUMENT_REASONS, USED
from pipelines.splits import SPLITS, VALIDATION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from pipelines.near import Indexes
    from pipelines.roster import Roster
    from pipelines.sources import Extract
    from pipelines.workroom import Workroom

# Why a pair is left out: for its document's sake, or its own.
PAIR_REASONS: Final = (
    *DOCUMENT_REASONS,
    *("document-missing", "kind", "too-short", "outdated", "boilerplate"),
    *("other-split", "duplicate-pair", "cap", "budget"),
)
CODE: Final = {name: code for code, name in enumerate(PAIR_REASONS)}
_SIDES: Final = 4  # train, validation, neither, and none for a pair without a document
_AT_A_TIME: Final = 1 << 22  # pairs whose keys are sorted
_ROOM: Final = 16  # slots for a key
_MOST_SLOTS: Final = 1 << 26
_BLOCK: Final = 1 << 16  # pairs whose keys are looked up together


@dataclass
class Ballot:
    """The pairs, numbered shard by shard and row by row; ``begins`` are each shard's first ones.

    ``doc`` is the pair's document on the roster, -1 for none; ``kind`` indexes ``kinds``; ``said``
    and ``answer`` are what pairs, and completions alone, are compared by; ``reason`` is ``USED``
    or an index into ``PAIR_REASONS``. Of pairs that are said twice, ``copies`` are those that are
    left out, ascending, and ``kept`` the pair in the place of each.
    """

    begins: Indexes
    doc: NDArray[np.int32]
    kind: NDArray[np.int8]
    kinds: list[str]
    tokens: NDArray[np.int32]
    said: NDArray[np.uint64]
    answer: NDArray[np.uint64]
    reason: NDArray[np.int8]
    sides: NDArray[np.int8]  # by document, and NEITHER's next for none
    copies: Indexes = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    kept: Indexes = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.doc)

    def side(self, pairs: Indexes | slice = slice(None)) -> NDArray[np.int8]:
        """The side of pairs: that of their documents; those without one stand nowhere."""
        found: NDArray[np.int8] = self.sides[self.doc[pairs]]
        return found

    def shards(self, pairs: Indexes) -> Indexes:
        """The shard of each pair."""
        found: Indexes = np.searchsorted(self.begins, pairs, side="right") - 1
        return found

    def leave_out(self, pairs: Indexes, reason: str) -> None:
        """Leave out those of the pairs that are used so far."""
        self.reason[pairs[self.reason[pairs] == USED]] = CODE[reason]


def _fates(roster: Roster) -> NDArray[np.int8]:
    """Why a document's pairs are left out, or ``USED``; an older revision goes with the newest."""
    older = roster.reason == DOCUMENT_REASONS.index("older-revision")
    fates: NDArray[np.int8] = roster.reason[np.where(older, roster.newest, np.arange(len(roster)))]
    return fates


def gather(roster: Roster, extracts: Sequence[Extract], recipe: Recipe, room: Workroom) -> Ballot:
    """The pairs of all shards, and what is decided of them by their documents and sizes."""
    begins = np.concatenate(([0], np.cumsum([one.rows for one in extracts], dtype=np.int64)))
    count = int(begins[-1])
    ballot = Ballot(
        begins=begins,
        doc=np.empty(count, dtype=np.int32),
        kind=np.empty(count, dtype=np.int8),
        kinds=[],
        tokens=np.empty(count, dtype=np.int32),
        said=room.numbers("said", count, np.uint64),
        answer=room.numbers("answer", count, np.uint64),
        reason=np.empty(count, dtype=np.int8),
        sides=np.append(roster.side, np.int8(_SIDES - 1)).astype(np.int8),
    )
    fates = np.append(_fates(roster), np.int8(CODE["document-missing"])).astype(np.int8)
    opened = [open_columns(one.extract) for one in extracts]
    numbers = _Numbers(roster, [table.column("document_id") for table in opened])
    for shard, table in enumerate(opened):
        mine = slice(int(begins[shard]), int(begins[shard + 1]))
        ballot.doc[mine] = numbers.of(shard)
        ballot.kind[mine] = _kinds(ballot.kinds, table.column("kind"))
        for name, into in (("tokens", ballot.tokens), ("said", ballot.said),
                           ("answer", ballot.answer)):  # fmt: skip
            into[mine] = table.column(name).to_numpy()
        ballot.reason[mine] = fates[ballot.doc[mine]]
        if recipe.min_words > 0:
            short = table.column("words").to_numpy() < recipe.min_words
            ballot.leave_out(np.flatnonzero(short) + mine.start, "too-short")
    if recipe.kinds:
        chosen = np.array([name in recipe.kinds for name in ballot.kinds], dtype=bool)
        for begin in range(0, count, _AT_A_TIME):
            mine = slice(begin, begin + _AT_A_TIME)
            # One that is too short is so of a kind that is chosen.
            unasked = ~chosen[ballot.kind[mine]]
            open_ = np.isin(ballot.reason[mine], (USED, CODE["too-short"]))
            ballot.reason[mine][unasked & open_] = CODE["kind"]
    return ballot


class _Numbers:
    """The documents of pairs by their numbers on the roster."""

    def __init__(self, roster: Roster, columns: Sequence[pa.ChunkedArray]) -> None:
        self._columns = columns
        names = [chunk.dictionary for column in columns for chunk in column.chunks]
        every = pa.chunked_array(names, pa.string())
        place = pc.index_in(every, roster.rows.column("document_id"))
        number = np.full(len(roster.rows) + 1, -1, dtype=np.int32)
        number[roster.place] = np.arange(len(roster), dtype=np.int32)
        self._found = number[pc.fill_null(place, len(roster.rows)).to_numpy()]
        self._begins = np.cumsum([0, *(len(one) for one in names)])
        self._chunks = np.cumsum([0, *(column.num_chunks for column in columns)])

    def of(self, shard: int) -> NDArray[np.int32]:
        """Those of a shard's rows, -1 for none."""
        parts = [np.zeros(0, dtype=np.int32)]
        for chunk, number in zip(
            self._columns[shard].chunks, range(*self._chunks[shard : shard + 2]), strict=True
        ):
            mine = self._found[self._begins[number] : self._begins[number + 1]]
            parts.append(mine[chunk.indices.to_numpy()])
        return np.concatenate(parts)


def _kinds(known: list[str], column: pa.ChunkedArray) -> NDArray[np.int8]:
    """The kinds of a shard's rows as indexes into those that are known, which become more."""
    found = coded(column)
    names = [name or "" for name in found.values]
    known += [name for name in names if name not in known]
    among = np.array([known.index(name) for name in names], dtype=np.int8)
    return among[found.codes] if len(among) else np.zeros(0, dtype=np.int8)


def cut(ballot: Ballot, pairs: Indexes, texts: Iterable[tuple[int, int, int] | None]) -> None:
    """Leave out, or compare anew, pairs that are not as in their shards.

    ``texts`` are the tokens and both keys of each; those without are nothing but boilerplate.
    """
    for pair, found in zip(pairs.tolist(), texts, strict=True):
        if ballot.reason[pair] != USED:
            continue
        if found is None:
            ballot.reason[pair] = CODE["boilerplate"]
        else:
            ballot.tokens[pair], ballot.said[pair], ballot.answer[pair] = found


def decide(ballot: Ballot) -> None:
    """Leave out what stands on the other side, and what is said twice."""
    _leave_other_side(ballot)
    _leave_copies(ballot)


def _likely(keys: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> Indexes:
    """Where the keys are that are among the wanted ones, and a few others: keys are hashes."""
    size = min(1 << (_ROOM * len(wanted)).bit_length(), _MOST_SLOTS)
    mask = np.uint64(size - 1)
    slots = np.zeros(size, dtype=bool)
    slots[(wanted & mask).astype(np.int32)] = True
    found = [np.zeros(0, dtype=np.int64)]
    for begin in range(0, len(keys), _BLOCK):
        some = keys[begin : begin + _BLOCK] & mask
        found.append(np.flatnonzero(slots[some.view(np.int64)]) + begin)
    return np.concatenate(found)


def _firsts(ballot: Ballot, pairs: Indexes, keys: NDArray[np.uint64]) -> tuple[Indexes, Indexes]:
    """Pairs in the order of their keys, and for each the first that has its key.

    The first is that of the document that came first, and there the one before.
    """
    if not len(pairs):
        return pairs, pairs
    order = np.argsort(keys)
    ordered = keys[order]
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    places = ballot.doc[pairs].astype(np.int64) * len(ballot) + pairs
    firsts = np.minimum.reduceat(places[order], begins) % len(ballot)
    return pairs[order], np.repeat(firsts, np.diff(np.append(begins, len(order))))


def _leave_other_side(ballot: Ballot) -> None:
    """What stands on both sides belongs to the side of the document that said it first."""
    validating = np.flatnonzero(ballot.side() == VALIDATION)
    both = _likely(ballot.answer, ballot.answer[validating])
    both = both[ballot.side(both) <= VALIDATION]
    pairs, firsts = _firsts(ballot, both, ballot.answer[both])
    ballot.leave_out(pairs[ballot.side(pairs) != ballot.side(firsts)], "other-split")


def _leave_copies(ballot: Ballot) -> None:
    some = _likely(ballot.said, np.concatenate(list(_said_again(ballot))))
    some = some[ballot.reason[some] == USED]
    pairs, firsts = _firsts(ballot, some, ballot.said[some])
    copy = pairs != firsts
    order = np.argsort(pairs[copy])
    ballot.copies, ballot.kept = pairs[copy][order], firsts[copy][order]
    ballot.leave_out(ballot.copies, "duplicate-pair")


def _said_again(ballot: Ballot) -> Iterable[NDArray[np.uint64]]:
    """What more than one used pair says, so many at a time as can be sorted."""
    parts = max(-(-len(ballot) // _AT_A_TIME), 1)
    width = (1 << 64) // parts + 1
    used = ballot.said[ballot.reason == USED] if parts == 1 else None
    for part in range(parts):
        if used is None:
            least, most = np.uint64(part * width), np.uint64(min((part + 1) * width, 1 << 64) - 1)
            mine = (ballot.reason == USED) & (ballot.said >= least) & (ballot.said <= most)
            some = ballot.said[mine]
        else:
            some = used
        some.sort()
        yield some[1:][some[1:] == some[:-1]]


def old_rows(ballot: Ballot, roster: Roster) -> tuple[Indexes, Indexes]:
    """Pairs of older revisions that are used so far, and the newest revision of each's page."""
    older = np.append(roster.reason == DOCUMENT_REASONS.index("older-revision"), False)
    if not older.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    pairs = np.flatnonzero(older[ballot.doc] & (ballot.reason == USED))
    return pairs, roster.newest[ballot.doc[pairs]]


def counts(ballot: Ballot, roster: Roster) -> list[tuple[str, str, str, int, int]]:
    """(site, kind, reason or split, pairs, tokens) of all pairs."""
    sites = np.append(roster.site.codes, len(roster.site.values)).astype(np.int64)
    states, kinds = len(PAIR_REASONS) + 1, max(len(ballot.kinds), 1)
    size = (len(roster.site.values) + 1) * kinds * states * _SIDES
    rows, tokens = np.zeros(size, dtype=np.int64), np.zeros(size)
    for begin in range(0, len(ballot), _BLOCK):
        mine = slice(begin, begin + _BLOCK)
        state = np.where(ballot.reason[mine] == USED, states - 1, ballot.reason[mine])
        code = (sites[ballot.doc[mine]] * kinds + ballot.kind[mine]) * states + state
        code = code * _SIDES + ballot.side(mine)
        rows += np.bincount(code, minlength=size)
        tokens += np.bincount(code, weights=ballot.tokens[mine], minlength=size)
    names = [*(name or "" for name in roster.site.values), ""]
    found = []
    for there in np.flatnonzero(rows).tolist():
        rest, side = divmod(there, _SIDES)
        rest, number = divmod(rest, states)
        site, kind = divmod(rest, kinds)
        key = (names[site], ballot.kinds[kind], number, side)
        found.append((*key, int(rows[there]), int(tokens[there])))
    return [
        (site, kind, PAIR_REASONS[state] if state < states - 1 else SPLITS[side], number, size)
        for site, kind, state, side, number, size in sorted(found)
    ]
