"""ai.txt: text in, statements on training out. Pure.

Source: Spawning's ai.txt, written like robots.txt (``User-Agent: *``, ``Disallow: *.html``,
``Disallow: /``) and read with its rules: opting out by path or by file type. The whole file is
about training, so a group that refuses a named training agent refuses us as well; Content-Signal
and Content-Usage records count as in robots.txt. Files by that name in a free form
(``Training: disallow``) deny when they name training and a refusal.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlsplit

from ftcrawler.consent.agents import named_agent_statements, robots_statements
from ftcrawler.consent.decision import Statement
from ftcrawler.consent.robots import OUR_TOKENS, Robots, RobotsAnswer, parse_robots

SIGNAL = "ai.txt"
_SPEC = "ai.txt (Spawning)"
_REFUSAL = re.compile(
    r"^[ \t>*-]{0,9}(?:allow[-_ ]?)?(?:ai|ml|llm|model|data)?[-_ ]?(?:ai[-_ ]?)?train(?:ing)?"
    r"(?:[-_ ]?(?:ai|data|usage|allowed))?[ \t]{0,9}[:=][ \t]{0,9}"
    r"[\"']?(?:no|n|none|never|false|0|den(?:y|ied)|disallow(?:ed)?|forbidden|prohibit(?:ed)?"
    r"|opt[- ]?out)\b",
    re.IGNORECASE | re.MULTILINE,
)
_TYPED = re.compile(r"\.[A-Za-z0-9]{1,8}$")
_PAGE_TYPES = (".html", ".htm")  # of a page whose URL shows no file type


def ai_txt_statements(text: str, url: str, source: str = "/ai.txt") -> list[Statement]:
    r"""What the file says about training on the page at a URL.

    >>> [s.effect for s in ai_txt_statements("User-Agent: *\nDisallow: *.html", "https://h/a.html")]
    ['deny']
    """
    rules = _parsed(text)
    found = []
    answer = next((a for a in map(rules.check, _as_typed(url)) if not a.allowed), None)
    answer = answer or rules.check(url)
    if not answer.allowed:
        found.append(_statement(answer, source, "deny"))
    elif answer.rule and rules.applicable(OUR_TOKENS):
        found.append(_statement(answer, source, "allow"))
    for statement in named_agent_statements(rules, url) + robots_statements(rules, url):
        where = statement.source.replace("robots.txt", source)
        found.append(replace(statement, signal=SIGNAL, source=where))
    refusal = _REFUSAL.search(text)
    if refusal:
        line = text.count("\n", 0, refusal.start()) + 1
        reason = "it refuses training"
        found.append(Statement(SIGNAL, f"{source} line {line}", refusal[0], "deny", reason, _SPEC))
    return found


@lru_cache(maxsize=32)  # one file is asked about every page of its origin
def _parsed(text: str) -> Robots:
    return parse_robots(text.encode("utf-8", "replace"))


def _as_typed(url: str) -> list[str]:
    """The URL, and where it has no file type also as the HTML page that it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return [url]
    if _TYPED.search(parts.path):
        return [url]
    path = f"{parts.path or '/'}index" if parts.path in {"", "/"} else parts.path.rstrip("/")
    return [url, *(parts._replace(path=path + end, query="").geturl() for end in _PAGE_TYPES)]


def _statement(answer: RobotsAnswer, source: str, effect: str) -> Statement:
    where = f"{source} line {answer.line}"
    if effect == "deny":
        return Statement(SIGNAL, where, answer.rule, "deny", "it opts out of training", _SPEC)
    return Statement(SIGNAL, where, answer.rule, "allow", "it opts in to training", _SPEC)
