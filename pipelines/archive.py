"""Pages to WARC records and back: one gzip member a page, so that each can be read alone.

The format is ISO 28500 (WARC 1.1). The body is stored as it was used, after transfer and
content decoding; headers that speak of the encoded form are left out. A page that a browser
made is two members: the response that came, and what it became (a conversion record).
"""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import asdict, replace
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
    """The page as one compressed WARC response record; the same page gives the same bytes.

    What a browser made of it follows as a second record.
    """
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    came = page.source or page
    headers = [(name, value) for name, value in came.headers if name not in _ENCODED]
    headers.append(("content-length", str(len(came.body))))
    status = f"{page.status} {HTTPStatus(page.status).phrase}"
    identity = uuid.uuid5(_NAMESPACE, f"{page.site} {page.url} {page.fetched_at}")
    verdict = json.dumps(asdict(page.verdict))  # ASCII, as header values must be
    record = writer.create_warc_record(
        page.url,
        "response",
        payload=io.BytesIO(came.body),
        length=len(came.body),
        http_headers=StatusAndHeaders(status, headers, protocol="HTTP/1.1"),
        warc_headers_dict={
            "WARC-Date": page.fetched_at,
            "WARC-Record-ID": f"<urn:uuid:{identity}>",
            _VERDICT: verdict,
        },
    )
    writer.write_record(record)
    if page.source:
        rendered = writer.create_warc_record(
            page.url,
            "conversion",
            payload=io.BytesIO(page.body),
            length=len(page.body),
            warc_content_type=page.header("content-type"),
            warc_headers_dict={
                "WARC-Date": page.fetched_at,
                "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(identity, 'rendered')}>",
                "WARC-Refers-To": f"<urn:uuid:{identity}>",
            },
        )
        writer.write_record(rendered)
    return buffer.getvalue()


def read_page(path: Path, offset: int, length: int, site: str) -> Page:
    """The page at an offset of a WARC file, as it was read: rendered where it was.

    Raises :class:`ArchiveError` when no whole response record stands there, and
    :class:`OSError` when the file cannot be read.
    """
    with path.open("rb") as file:
        file.seek(offset)
        member = file.read(length)
    try:
        records = iter(ArchiveIterator(io.BytesIO(member), check_digests="raise"))
        record = next(records)
        body = record.content_stream().read()
        rendered = next(records, None)
        made = rendered.content_stream().read() if rendered else b""
        verdict = _verdict(record.rec_headers.get_header(_VERDICT))
    except Exception as error:
        raise ArchiveError(f"{path} at {offset}: no whole record: {error}") from error
    headers = record.http_headers
    page = Page(
        site=site,
        url=record.rec_headers.get_header("WARC-Target-URI"),
        status=int(headers.get_statuscode()),
        headers=tuple((name.lower(), value) for name, value in headers.headers),
        body=body,
        fetched_at=record.rec_headers.get_header("WARC-Date"),
        verdict=verdict,
    )
    if rendered is None:
        return page
    content_type = ("content-type", rendered.content_type)
    others = tuple(pair for pair in page.headers if pair[0] != "content-type")
    return replace(page, body=made, headers=(content_type, *others), source=page)


def _verdict(text: str) -> Verdict:
    kept = json.loads(text)
    if trace := kept.pop("trace", None):
        pairs = tuple((name, value) for name, value in trace.pop("headers"))
        redirects = tuple(trace.pop("redirects"))
        kept["trace"] = Trace(**trace, headers=pairs, redirects=redirects)
    return Verdict(**kept)
