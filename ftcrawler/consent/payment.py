"""HTTP 402 and ``crawler-price``: status and headers in, statements out. Pure.

Source: RFC 9110 15.5.3 and Cloudflare's Pay Per Crawl (``crawler-price: USD 0.01``). A price is
a condition that this crawler does not meet, on whichever status it comes; a price of nothing
is none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ftcrawler.consent.decision import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

PAYMENT_REQUIRED = 402
SIGNAL = "payment"
_SPEC = "HTTP 402, Pay Per Crawl (Cloudflare)"
_FREE = re.compile(r"(?:[A-Z]{3}\s{0,9})?[0.,]{0,20}0(?:\s{0,9}[A-Z]{3})?", re.IGNORECASE)


def payment_statements(status: int, headers: Iterable[tuple[str, str]]) -> list[Statement]:
    """A denial for status 402 and for each price; header names in lower case.

    >>> payment_statements(402, [("crawler-price", "USD 0.01")])[0].reason
    'payment is asked for'
    """
    found = []
    if status == PAYMENT_REQUIRED:
        found.append(Statement(SIGNAL, "HTTP status", "402", "deny", "payment is asked for", _SPEC))
    for name, value in headers:
        if name != "crawler-price":
            continue
        if _FREE.fullmatch(value.strip()):
            note = "the price is nothing"
            found.append(Statement(SIGNAL, f"{name} header", value, "note", note, _SPEC))
        else:
            reason = "a price is asked of crawlers"
            found.append(Statement(SIGNAL, f"{name} header", value, "deny", reason, _SPEC))
    return found
