"""The reasons of tombstones in the words of the build. Pure."""

from __future__ import annotations


def refusal(reason: str) -> str:
    """A tombstone's reason as a reason of the build and what it says besides.

    >>> refusal("http-404"), refusal("consent: noai"), refusal("retracted: asked by mail")
    ('tombstone: http-404', 'denied: noai', 'retracted: asked by mail')
    """
    name, _, detail = reason.partition(": ")
    return {"consent": f"denied: {detail}", "retracted": reason}.get(name, f"tombstone: {reason}")
