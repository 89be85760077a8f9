"""Harvests to the rows of the shards, with their identifiers. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from pipelines.pairs import PAIRS_VERSION
from pipelines.records import Document, Harvest, Pair, Trace

Row = dict[str, Any]

HANDMADE = "handmade"  # the kind of pairs that no rule made


def document_id(site: str, url: str, revision: int) -> str:
    """The name of one revision of a page, the same in every process (32 hex digits)."""
    key = f"{site}\n{url}\n{revision}".encode()
    return hashlib.blake2b(key, digest_size=16).hexdigest()


def pair_id(document: str, fingerprint: bytes) -> str:
    """The name of a pair's row: its document and its normalised text (32 hex digits)."""
    return hashlib.blake2b(document.encode() + fingerprint, digest_size=16).hexdigest()


def document_row(harvest: Harvest, document: Document, revision: int) -> Row:
    """The row of ``documents`` for one revision of a page."""
    return {
        "url": harvest.url,
        "title": document.title,
        "text": document.text,
        "blocks": [
            {"kind": b.kind, "text": b.text, "level": b.level, "start": b.start, "path": b.path}
            for b in document.blocks
        ],
        "language": document.language,
        "fetched_at": harvest.fetched_at,
        "document_id": document_id(harvest.site, harvest.url, revision),
        "site": harvest.site,
        "revision": revision,
        "canonical_url": document.canonical_url,
        "date": document.date,
        "authors": list(document.authors),
        "license": document.license,
        "section": document.section,
        "body_hash": document.body_hash,
        "text_hash": document.text_hash,
        "extractor": document.extractor,
        "consent": json.dumps(consent_record(harvest), ensure_ascii=False),
        "warc_file": harvest.capture.file if harvest.capture else None,
        "warc_offset": harvest.capture.offset if harvest.capture else None,
        "minhash": base64.b64encode(harvest.minhash).decode() if harvest.minhash else None,
    }


def consent_record(harvest: Harvest) -> Row:
    """Why a page may be used, or not: the verdict with all the evidence, as it is stored.

    ``requested_url`` is where the first redirect began, ``evidence`` every statement that was
    read; what the origin says stands beside them: ``robots``, ``probed``, ``user_agent``, ...
    """
    verdict, trace = harvest.verdict, harvest.verdict.trace or Trace()
    return {
        "decision": verdict.decision,
        "signal": verdict.signal,
        "reason": verdict.reason,
        "evidence": json.loads(verdict.evidence) if verdict.evidence else None,
        "requested_url": (*trace.redirects, harvest.url)[0],
        "redirects": list(trace.redirects),
        "final_url": harvest.url,
        "fetched_at": harvest.fetched_at,
        "status": harvest.status,
        "headers": [list(pair) for pair in trace.headers],
        "body_sha256": harvest.body_hash or trace.body_hash,
        "robots_group": trace.robots_group,
        "robots_rule": trace.robots_rule,
        "robots_line": trace.robots_line,
        **(json.loads(trace.origin) if trace.origin else {}),
    }


def pair_row(
    harvest: Harvest, document: Document, pair: Pair, revision: int, system_prompt: str
) -> Row:
    """The row of ``pairs`` for one pair of a document."""
    identity, found = document_id(harvest.site, harvest.url, revision), measures(pair)
    return {
        "prompt": pair.prompt,
        "completion": pair.completion,
        "kind": pair.kind,
        "url": harvest.url,
        "document_id": identity,
        "site": harvest.site,
        "fetched_at": harvest.fetched_at,
        "pair_id": pair_id(identity, pair.fingerprint),
        "revision": revision,
        "first_block": pair.first_block,
        "last_block": pair.last_block,
        "language": document.language,
        "license": document.license,
        "system_prompt": system_prompt,
        "prompt_start": pair.prompt_start,
        "prompt_end": pair.prompt_end,
        "completion_start": pair.completion_start,
        "completion_end": pair.completion_end,
        "masked": pair.masked,
        "rules_version": 0 if pair.kind == HANDMADE else PAIRS_VERSION,
        "extractor": document.extractor,
        **found,
        "text_key": base64.b64encode(found["text_key"]).decode(),
    }


def measures(pair: Pair) -> Row:
    """What a dataset asks of a pair's texts; ``tokens`` is a quarter of the bytes of each.

    >>> found = measures(Pair("Bees?", "In hives.", "title"))
    >>> found["words"], found["tokens"], len(found["text_key"])
    (2, 5, 16)
    """
    sizes = (len(text.encode("utf-8", "surrogatepass")) for text in (pair.prompt, pair.completion))
    return {
        "words": len(pair.completion.split()),
        "tokens": sum((size + 3) // 4 for size in sizes),
        "text_key": pair.text_key,
    }


def tombstone_rows(
    site: str, url: str, documents: Iterable[str], reason: str, at: str
) -> list[Row]:
    """The rows of ``tombstones`` that take documents back."""
    return [
        {"document_id": document, "url": url, "site": site, "reason": reason, "at": at}
        for document in documents
    ]
