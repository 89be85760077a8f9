"""What a dataset says of itself beside its rows: what was left out for what, and the counts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.ballot import PAIR_REASONS
from pipelines.columns import Coded, integers
from pipelines.roster import DOCUMENT_REASONS, USED
from pipelines.splits import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.ballot import Ballot
    from pipelines.near import Indexes
    from pipelines.roster import Roster


def used_documents(ballot: Ballot, roster: Roster) -> Indexes:
    """The numbers of the documents that rows of the dataset come from."""
    is_used = np.zeros(len(roster) + 1, dtype=bool)
    is_used[ballot.doc[ballot.reason == USED]] = True
    return np.flatnonzero(is_used[:-1])


def write_documents(roster: Roster, path: Path) -> None:
    """Every document that was left out: why, what was kept in its place, how similar that is."""
    out = np.flatnonzero(roster.reason != USED)
    kept = roster.kept[out]
    is_copy = (kept >= 0) & (kept != out)
    names = pa.array(DOCUMENT_REASONS).take(integers(roster.reason[out]))
    copies = integers(np.cumsum(is_copy) - 1)
    kept_ids = roster.column("document_id", kept[is_copy])
    found = {
        "document_id": roster.column("document_id", out),
        "url": roster.column("url", out),
        "site": roster.column("site", out).cast(pa.string()),
        "reason": names,
        "detail": _details(roster.detail, out),
        "kept_id": kept_ids.take(pc.if_else(pa.array(is_copy), copies, None)),
        "similarity": pa.array(roster.similarity[out], pa.float32(), mask=~is_copy),
        "cluster": roster.column("document_id", roster.cluster[out]),
    }
    few = ["site", "reason", "detail"]
    pq.write_table(pa.table(found), path, compression="zstd", use_dictionary=few)


def _details(said: Mapping[int, str], documents: Indexes) -> pa.Array:
    """What is said of each of the documents, which are ascending; of most nothing is."""
    texts = [""]
    places = np.zeros(len(documents), dtype=np.int64)
    for document, text in said.items():
        place = int(np.searchsorted(documents, document))
        if place < len(documents) and documents[place] == document:
            places[place] = len(texts)
            texts.append(text)
    return pa.array(texts, pa.string()).take(integers(places))


def numbers(
    counts: Sequence[tuple[str, str, str, int, int]], roster: Roster, used: Indexes
) -> dict[str, Any]:
    """The counts of the manifest: documents and pairs, used and left out; they add up."""
    pairs: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for _site, _kind, state, rows, size in counts:
        pairs[state] += rows
        tokens[state] += size
    reasons = Counter(roster.reason[roster.reason != USED].tolist())
    without = int((roster.reason == USED).sum()) - int((roster.reason[used] == USED).sum())
    left_out = {DOCUMENT_REASONS[code]: n for code, n in sorted(reasons.items())}
    if without:
        left_out["no-pairs"] = without
    return {
        "documents": {
            "all": len(roster),
            "used": int((roster.reason[used] == USED).sum()),
            "left_out": left_out,
        },
        "pairs": {
            "all": sum(pairs.values()),
            **{split: pairs[split] for split in SPLITS},
            "left_out": {name: pairs[name] for name in PAIR_REASONS if pairs[name]},
        },
        "tokens": {split: tokens[split] for split in SPLITS},
        "licenses": _tally(roster.coded("license"), used),
        "languages": _tally(roster.coded("language"), used),
        "by": [list(row) for row in counts],
    }


def _tally(column: Coded, documents: Indexes) -> dict[str, int]:
    """How often documents have each text, in their order; none counts as empty."""
    counted = Counter[str]()
    numbers = np.bincount(column.codes[documents], minlength=len(column.values))
    for text, number in zip(column.values, numbers.tolist(), strict=True):
        counted[text or ""] += number
    return {text: number for text, number in sorted(counted.items()) if number}
