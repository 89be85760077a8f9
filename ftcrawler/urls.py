"""One spelling for each URL, so that a page is fetched and stored once. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

# Query parameters that say where a visitor came from and never change the page.
TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "hsa_")
TRACKING_NAMES = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid igshid mc_cid mc_eid "
    "_ga _gl _hsenc _hsmi mkt_tok oly_anon_id oly_enc_id vero_id wickedid s_cid".split()
)
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 2083  # the longest URL that is followed, as Scrapy's URLLENGTH_LIMIT

_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*")  # a name, or an IPv6 address
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def _unescape(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else match[0].upper()


def _escaped(text: str, safe: str) -> str:
    """Percent-encoding in one spelling (RFC 3986 6.2.2): unreserved plain, hex in capitals."""
    encoded = quote(text, safe=safe + "%", errors="replace")
    encoded = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", encoded)
    return _ESCAPE.sub(_unescape, encoded) if "%" in encoded else encoded


def _dotless(path: str) -> str:
    """Remove ``.`` and ``..`` segments (RFC 3986 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if len(kept) > 1:
                kept.pop()
        elif part != ".":
            kept.append(part)
    if path.endswith(("/.", "/..")):
        kept.append("")
    return "/".join(kept) or "/"


def _is_tracking(name: str) -> bool:
    return name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES)


def _query(query: str) -> str:
    if not query:
        return ""
    kept = [
        part
        for part in query.split("&")
        if part and not _is_tracking(part.partition("=")[0].lower())
    ]
    return _escaped("&".join(kept), "!$'()*+,;:@/?=&[]|")


@lru_cache(maxsize=4096)
def _netloc(scheme: str, netloc: str) -> str:
    """Host in lower case and IDNA, default port and credentials gone; ``""`` when unusable."""
    parts = SplitResult(scheme, netloc, "", "", "")
    try:
        host, port = parts.hostname or "", parts.port
        host.encode("ascii")
    except UnicodeEncodeError:
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    except ValueError:
        return ""
    if not _HOST.fullmatch(host):
        return ""
    if ":" in host:
        host = f"[{host}]"
    return host if port is None or port == DEFAULT_PORTS.get(scheme) else f"{host}:{port}"


def canonical(url: str) -> str:
    """The one spelling of an absolute http(s) URL, or ``""`` for anything else.

    Scheme and host in lower case, default port, credentials, fragment, dot segments and
    tracking parameters removed, percent-encoding in one form (RFC 3986 section 6). The
    order of query parameters stays: it may matter to the site.

    >>> canonical("HTTP://Example.COM:80/a/../b?utm_source=x&q=1#top")
    'http://example.com/b?q=1'
    >>> canonical("mailto:someone@example.com")
    ''
    """
    url = url.strip().replace("\\", "/")  # as browsers read it
    if len(url) > MAX_LENGTH:
        return ""
    try:
        scheme, netloc, path, query, _ = urlsplit(_UNSAFE.sub(_space, url))
    except ValueError:
        return ""
    if scheme not in DEFAULT_PORTS or not netloc:
        return ""
    host = _netloc(scheme, netloc)
    if not host:
        return ""
    path = _dotless(_escaped(path or "/", "!$&'()*+,;=:@/[]|"))
    return urlunsplit((scheme, host, path, _query(query), ""))


def _space(match: re.Match[str]) -> str:
    return "%20" if match[0] == " " else ""


@lru_cache(maxsize=1 << 16)
def host_of(url: str) -> str:
    """The host name of a canonical URL, without port."""
    return urlsplit(url).hostname or ""


def origin_of(url: str) -> str:
    """Scheme, host and port of a canonical URL: ``http://example.com:8080``."""
    scheme, netloc, *_ = urlsplit(url)
    return f"{scheme}://{netloc}"
