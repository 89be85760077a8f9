"""One Scrapy command a file.

Scrapy imports every command for each start; the wanted one alone takes half the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_ALL = __name__


def wanted(argv: Sequence[str]) -> str:
    """The module of the command that a command line names, else the package of all of them.

    >>> wanted(["scrapy", "--nolog", "crawl", "articles"]), wanted(["scrapy", "--help"])
    ('ftcrawler.commands.crawl', 'ftcrawler.commands')
    """
    name = next((word for word in argv[1:] if not word.startswith("-")), "")
    is_ours = name.isidentifier() and Path(__file__).with_name(f"{name}.py").exists()
    return f"{_ALL}.{name}" if is_ours and not name.startswith("_") else _ALL
