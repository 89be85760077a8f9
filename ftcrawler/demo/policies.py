"""The files by which the demo site speaks to crawlers about all of its pages; pure."""

from ftcrawler.demo.notices import PROHIBITION, RSL_NAMESPACE

TDMREP = b'[{"location": "/consent/tdm-file", "tdm-reservation": 1, "tdm-policy": "/consent/"}]\n'
AI_TXT = b"""\
# What is not for training, by path and by type of file
User-Agent: *
Disallow: /consent/ai-txt-path
Disallow: *.shtml
"""
LLMS_TXT = b"""\
# The Lighthouse Handbook

> Lighthouses, and the people who kept them burning.

- [All pages](/archive/)
"""


def robots(origin: str) -> bytes:
    """robots.txt; its licence covers one path only."""
    return (
        "# The Lighthouse Handbook\n"
        "User-agent: *\n"
        "Disallow: /private/\n"
        "Content-Usage: /consent/content-usage-line train-ai=n\n"
        "Content-Signal: /consent/content-signal-line search=yes, ai-train=no\n"
        "\n"
        "# It gathers text for training.\n"
        "User-agent: GPTBot\n"
        "Disallow: /consent/not-for-gptbot\n"
        "\n"
        f"License: {origin}/license.xml\n"
        f"Sitemap: {origin}/sitemap.xml\n"
    ).encode()


def terms(path: str) -> bytes:
    """A licence document in RSL that prohibits training with one page.

    >>> b'url="/a"' in terms("/a")
    True
    """
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rsl xmlns="{RSL_NAMESPACE}">\n'
        f'<content url="{path}">{PROHIBITION}</content>\n</rsl>\n'
    ).encode()
