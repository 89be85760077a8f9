"""Pages to WARC records and back: one gzip member a page, so that each can be read alone.

The format is ISO 28500 (WARC 1.1). The body is stored as it was used, after transfer and
content decoding; headers that speak of the encoded form are left out.
"""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipelines.records import Page, Trace, Verdict

_ENCODED = frozenset(("content-length", "content-encoding", "transfer-encoding"))
_VERDICT = "X-Ftcrawler-Verdict"  # the permission that the page rests on, as JSON
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "ftcrawler.warc")


class ArchiveError(ValueError):
    """A record that is not where it should be, or not whole."""


def page_record(page: Page) -> bytes:
    """The page as one compressed WARC response record; the same page gives the same bytes."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    headers = [(name, value) for name, value in page.headers if name not in _ENCODED]
    headers.append(("content-length", str(len(page.body))))
    status = f"{page.status} {HTTPStatus(page.status).phrase}"
    identity = uuid.uuid5(_NAMESPACE, f"{page.site} {page.url} {page.fetched_at}")
    verdict = json.dumps(asdict(page.verdict))  # ASCII, as header values must be
    record = writer.create_warc_record(
        page.url,
        "response",
        payload=io.BytesIO(page.body),
        length=len(page.body),
        http_headers=StatusAndHeaders(status, headers, protocol="HTTP/1.1"),
        warc_headers_dict={
            "WARC-Date": page.fetched_at,
            "WARC-Record-ID": f"<urn:uuid:{identity}>",
            _VERDICT: verdict,
        },
    )
    writer.write_record(record)
    return buffer.getvalue()


def read_page(path: Path, offset: int, length: int, site: str) -> Page:
    """The page at an offset of a WARC file.

    Raises :class:`ArchiveError` when no whole response record stands there, and
    :class:`OSError` when the file cannot be read.
    """
    with path.open("rb") as file:
        file.seek(offset)
        member = file.read(length)
    try:
        record = next(iter(ArchiveIterator(io.BytesIO(member), check_digests="raise")))
        body = record.content_stream().read()
        verdict = _verdict(record.rec_headers.get_header(_VERDICT))
    except Exception as error:
        raise ArchiveError(f"{path} at {offset}: no whole record: {error}") from error
    headers = record.http_headers
    return Page(
        site=site,
        url=record.rec_headers.get_header("WARC-Target-URI"),
        status=int(headers.get_statuscode()),
        headers=tuple((name.lower(), value) for name, value in headers.headers),
        body=body,
        fetched_at=record.rec_headers.get_header("WARC-Date"),
        verdict=verdict,
    )


def _verdict(text: str) -> Verdict:
    kept = json.loads(text)
    if trace := kept.pop("trace", None):
        pairs = tuple((name, value) for name, value in trace.pop("headers"))
        redirects = tuple(trace.pop("redirects"))
        kept["trace"] = Trace(**trace, headers=pairs, redirects=redirects)
    return Verdict(**kept)
