"""What a page costs the memory of a site, with 10 thousand and with 1 million URLs known.

``python bench/memory_of_a_site.py [KNOWN]``: fills a state with KNOWN visited URLs and as many
fingerprints, then commits 2,000 further pages (20 links and 5 pairs each) as the crawl does,
and does the same with 10,000 known, side by side. Medians over five rounds.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from second_night import resident

from ftcrawler.state import State, url_key
from ftcrawler.store import SiteStore, StoreOptions
from pipelines.records import Block, Document, Harvest, Offer, Pair

ROUND = 400  # pages committed in a round
ROUNDS = 5


def url(number: int) -> str:
    """A URL of usual length."""
    return f"https://www.example.com/articles/2026/11/a-title-of-usual-length-{number}"


def mark(number: int) -> bytes:
    """A fingerprint that no pair has."""
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest()


def filled(folder: Path, known: int) -> SiteStore:
    """A store that knows ``known`` visited URLs and as many fingerprints."""
    state = State.open(folder / "sites" / "s" / "state.db", "s")
    with state.transaction() as db:
        db.executemany(
            "INSERT INTO urls(key, url, kind, status, rank, depth, outcome, etag, body_hash, "
            "text_hash, revision, run, due_at) VALUES (?, ?, 'page', 'done', 2, 3, 'document', "
            "'\"0123456789abcdef\"', ?, ?, 1, 1, 4e9)",
            ((url_key(url(n)), url(n), f"{n:064x}", f"{n + 1:064x}") for n in range(known)),
        )
        db.executemany(
            "INSERT INTO fingerprints VALUES (?, ?)", ((mark(n), n + 1) for n in range(known))
        )
    store = SiteStore(state, "s", folder, options=StoreOptions(), clock=time.time)
    store.begin("rules")
    return store


def harvest(number: int, known: int) -> Harvest:
    """A page with a document, 5 pairs and 20 links, most of them to pages that are known."""
    sentences = [f"Page {number} says sentence {s} of its own here." for s in range(10)]
    pairs = [Pair(sentences[s], sentences[s + 1], "sentence") for s in range(0, 10, 2)]
    links = [Offer(url((number * 7919 + k * 104729) % known)) for k in range(18)]
    links += [Offer(url(number + k)) for k in (1, 2)]
    text = Block("paragraph", " ".join(sentences))
    return Harvest(
        "s",
        url(number),
        "document",
        status=200,
        fetched_at="2026-11-24T02:00:00Z",
        links=tuple(links),
        document=Document(url(number), f"Page {number}", (text,)),
        pairs=tuple(pairs),
    )


def rounds(known: int) -> tuple[float, float, int, int, int]:
    """Milliseconds a page to look up and commit, megabytes of state, resident KiB twice."""
    with tempfile.TemporaryDirectory() as name:
        store = filled(Path(name), known)
        store.seed([Offer(url(known))])
        before, number = resident(), known
        claims, commits = [], []
        for _ in range(ROUNDS):
            harvests = [harvest(number + n, known) for n in range(ROUND)]
            begun = time.perf_counter()
            store.claim(100)
            claims.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            for page in harvests:
                store.add(page)
            store.flush()
            commits.append((time.perf_counter() - begun) / ROUND * 1000)
            number += ROUND
        after = resident()
        store.end("finished")
        store.close()
        size = (Path(name) / "sites" / "s" / "state.db").stat().st_size
        return statistics.median(commits), statistics.median(claims) * 1000, size, before, after


def main(known: int) -> None:
    """Print both sizes and their ratio."""
    print(
        f"{'known URLs':>12}{'commit ms/page':>16}{'claim of 100, ms':>18}{'state MB':>10}  memory"
    )
    results = []
    for count in (10_000, known):
        commit, claim, size, before, after = rounds(count)
        results.append(commit)
        print(
            f"{count:12,}{commit:16.3f}{claim:18.3f}{size / 1e6:10.1f}"
            f"  {before // 1024} MiB before the rounds, {after // 1024} MiB after"
        )
    print(f"\ncommit with {known:,} known / with 10,000 known: {results[1] / results[0]:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
