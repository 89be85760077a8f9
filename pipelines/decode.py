"""The bytes of a page -> its text, whatever charset they are in and whatever they claim. Pure."""

from __future__ import annotations

import codecs
import hashlib
import re
from typing import Final

from charset_normalizer import from_bytes

from pipelines.lately import lately
from pipelines.records import Rejected

# The order matters: the mark of UTF-32-LE begins with that of UTF-16-LE.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# What browsers read instead of the label: https://encoding.spec.whatwg.org/#names-and-labels
_READ_AS: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-16-le",
    "utf-7": "utf-8",
}
_KNOWN: Final = frozenset(
    (
        *("utf-8", "utf-16-le", "utf-16-be"),
        *("cp866", "cp874", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"),
        *("gb18030", "big5hkscs", "euc_jp", "iso2022_jp", "cp932", "cp949"),
        *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
        *(f"cp{page}" for page in range(1250, 1259)),
    )
)
_GUESSES: Final = [
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("koi8_r", "gb18030", "big5", "cp949", "cp874"),
]

_HEADER_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META_CHARSET: Final = re.compile(
    rb"<meta\b[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)"
    rb"|<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_META_WITHIN: Final = 4096
_MARKUP: Final = re.compile(rb"<[^<>]*>|&#?\w+;")
_DETECT_WITHIN: Final = 200_000
_DETECT_FROM: Final = 8192

_LATIN: Final = ("cp1252", "cp1250", "cp1254")
_SIGN_IN_WORD: Final = re.compile("[^\\W\\d_][¹³¿¼¾¥£¢][^\\W\\d_]")
_JAPANESE: Final = ("cp932", "euc_jp", "iso2022_jp")
_KANA: Final = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_KANA_SHARE: Final = 0.25
_LANGUAGE: Final = re.compile(rb"<html\b[^>]{0,200}?\blang\s*=\s*[\"']?([a-z]{2})", re.IGNORECASE)
# The one charset in which an old page of the language is likely to be.
_EXPECTED: Final = {
    language.encode(): charset
    for charset, languages in {
        "cp1250": "cs hr hu pl ro sk sl",
        "cp1252": "da de en es fi fr is it nb nl nn no pt sv",
        "cp1253": "el",
        "cp1254": "tr",
        "cp1255": "he",
        "cp1256": "ar fa ur",
        "cp1257": "et lt lv",
        "cp874": "th",
        "cp1258": "vi",
        "cp949": "ko",
    }.items()
    for language in languages.split()
}

# The last page's text with its bytes in UTF-8: several parsers ask for them in turn.
_written: Final[list[tuple[str, bytes]]] = [("", b"")]

_LEAD_BYTES: Final = [bytes([lead]) for lead in range(0xC2, 0xF5)]

_MAGIC: Final = (
    *(b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b\x08", b"\x7fELF"),
    *(
        b"BZh9",
        b"\xfd7zXZ",
        b"Rar!",
        b"RIFF",
        b"OggS",
        b"ID3",
        b"wOFF",
        b"wOF2",
        b"\x28\xb5\x2f\xfd",
    ),
)
_SNIFF_WITHIN: Final = 4096
_BINARY_SHARE: Final = 0.1
_TEXT_CONTROLS: Final = b"\t\n\f\r\x1b"
_CONTROLS: Final = bytes(set(range(0x20)) - set(_TEXT_CONTROLS)) + b"\x7f"
_WRONG_SHARE: Final = 0.05

# Not allowed in a page's text: C0 and C1 controls, surrogates, non-characters.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd2-\ufdef\ufffe\uffff]"
)
# The same in UTF-8, which is looked through several times as fast.
_FORBIDDEN_ASCII: Final = bytes((*range(9), 0x0B, *range(0x0E, 0x20), 0x7F))
_FORBIDDEN_UTF8: Final = {
    b"\xc2": re.compile(rb"\xc2[\x80-\x84\x86-\x9f]"),
    b"\xef": re.compile(rb"\xef(?:\xb7[\x92-\xaf]|\xbf[\xbe\xbf])"),
}


@lately
def body_hash(body: bytes) -> str:
    """SHA-256 of a page's bytes in hex."""
    return hashlib.sha256(body).hexdigest()


@lately
def decode_page(body: bytes, content_type: str | None = None) -> str | Rejected:
    r"""The page's text without control characters, or ``empty`` or ``not-text``.

    The charset is that of the byte order mark, else of the header, else of the page itself,
    else detected. What the bytes cannot be, whoever declared it, is not believed.

    >>> decode_page("naïve".encode(), "text/html; charset=iso-8859-1")
    'naïve'
    >>> decode_page(b"na\xefve", "text/html; charset=utf-8")
    'naïve'
    """
    if not body.strip(b"\0 \t\n\f\r"):
        return Rejected("empty", f"{len(body)} bytes, nothing but white space")
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return without_controls(body[len(mark) :].decode(charset, "replace"))
    charset = _wide_charset(body)
    if charset:
        return without_controls(body.decode(charset, "replace"))
    if _looks_binary(body):
        return Rejected("not-text", f"begins with {body[:8]!r}")
    return _decode(body, _declared(body, content_type))


def utf8_of(text: str) -> bytes:
    r"""A page's text as the parsers take it; of a page that came so, its own bytes.

    >>> body = b"<p>caf\xc3\xa9"
    >>> utf8_of(decode_page(body)) is body
    True
    """
    if _written[0][0] is not text:
        _remember(text, text.encode())
    return _written[0][1]


def _remember(text: str, written: bytes) -> None:
    _written[0] = text, written


def without_controls(text: str) -> str:
    r"""The text without control characters, lone surrogates and non-characters.

    >>> without_controls("a\x00b\ud800c\n")
    'abc\n'
    """
    return _FORBIDDEN.sub("", text)


def _wide_charset(body: bytes) -> str:
    """UTF-16 without a mark, known by its first ``<``."""
    start = body[:64].lstrip(b"\0 \t\r\n")[:4] if body[:1] == b"\0" else body[:4]
    if len(body) > len(start) and re.match(rb"<\0[!?a-zA-Z]\0", start):
        return "utf-16-be" if body[:1] == b"\0" else "utf-16-le"
    return ""


def _looks_binary(body: bytes) -> bool:
    head = body[:_SNIFF_WITHIN]
    if head.startswith(_MAGIC):
        return True
    return len(head) - len(head.translate(None, _CONTROLS)) > len(head) * _BINARY_SHARE


def _declared(body: bytes, content_type: str | None) -> str:
    """The first declared charset that exists, in Python's spelling, ``""`` when there is none."""
    header = _HEADER_CHARSET.search(content_type or "")
    meta = _META_CHARSET.search(body[:_META_WITHIN])
    labels = [header.group(1)] if header else []
    if meta:
        labels.append((meta.group(1) or meta.group(2)).decode("ascii", "replace"))
    return next(filter(None, map(_codec, labels)), "")


def _codec(label: str) -> str:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    name = _READ_AS.get(name, name)
    return name if name in _KNOWN else ""


def _decode(body: bytes, declared: str) -> str:
    if declared.startswith("utf-16"):
        declared = ""  # it would have been seen: the page is one byte a letter
    if not declared.startswith("iso2022"):
        text = _decode_utf8(body, believed=declared == "utf-8")
        if text is not None and _has_no_controls(body, text):
            if "\ufffd" not in text:  # no byte was wrong
                _remember(text, body)
            return text
        if text is not None:
            return without_controls(text)
    return without_controls(_decode_other(body, declared))


def _has_no_controls(body: bytes, text: str) -> bool:
    """Whether that is plain from the bytes of a page in UTF-8."""
    if len(body.translate(None, _FORBIDDEN_ASCII)) < len(body):
        return False
    # Their first bytes are looked for before they are: most pages have none.
    return text.isascii() or not any(
        first in body and sign.search(body) for first, sign in _FORBIDDEN_UTF8.items()
    )


def _decode_other(body: bytes, declared: str) -> str:
    if declared and declared != "utf-8":
        try:
            return body.decode(declared)
        except UnicodeDecodeError:
            if declared == "cp1252":  # five bytes are unassigned, and browsers do not mind
                return body.decode(declared, "replace")
    return body.decode(_detected(body), "replace")


def _decode_utf8(body: bytes, *, believed: bool) -> str | None:
    """The text if the bytes are UTF-8; when it is declared, a few wrong bytes are forgiven."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(map(body.count, _LEAD_BYTES)) if believed or wrong == 1 else 0
    return text if right and wrong <= max(1, right * _WRONG_SHARE) < right else None


def _detected(body: bytes) -> str:
    """The charset that reads best, looking only at the lines that are not plain ASCII."""
    prose = _MARKUP.sub(b" ", body[:_DETECT_WITHIN])
    lines = (line for line in prose.splitlines() if not line.isascii())
    sample = b"\n".join(lines)[:_DETECT_FROM]
    for charset in _JAPANESE:
        if _kana_share(sample.decode(charset, "replace")) > _KANA_SHARE:
            return charset
    language = _LANGUAGE.search(body[:_META_WITHIN])
    expected = _EXPECTED.get(language.group(1).lower() if language else b"", "")
    if expected:
        return expected
    best = from_bytes(sample, cp_isolation=_GUESSES).best()
    if best and (
        best.encoding not in _LATIN or _SIGN_IN_WORD.search(sample.decode("cp1252", "replace"))
    ):
        return best.encoding
    return "cp1252"  # the statistics cannot tell its accents from cp1250's, the web's habit can


def _kana_share(text: str) -> float:
    foreign = [letter for letter in text if letter > "\x7f"]
    return len(_KANA.findall("".join(foreign))) / max(1, len(foreign))
