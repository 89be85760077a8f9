"""llms.txt: recorded only. Pure.

Source: llmstxt.org. It is a guide for readers of a site, in Markdown, and no statement on training.
"""

from __future__ import annotations

from ftcrawler.consent.decision import Statement


def llms_txt_statements(text: str, source: str = "/llms.txt") -> list[Statement]:
    r"""A note that the file exists, with its first line.

    >>> llms_txt_statements("# Title\n> about")[0].raw
    '# Title'
    """
    first = text.lstrip("\ufeff \r\n\t").partition("\n")[0].strip()[:200]
    reason = "the file exists; it is no statement on training"
    return [Statement("llms.txt", source, first, "note", reason, "llmstxt.org")]
