"""A function's last answer, kept for the steps that ask it of the same page one after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def lately(function: Function) -> Function:
    """The function, which is not run again for the very objects that it was given last.

    Only the last ones are held, and compared by identity: large texts are not looked at.

    >>> asked = []
    >>> ask = lately(lambda text: asked.append(text) or len(text))
    >>> text = "a text"
    >>> ask(text), ask(text), asked
    (6, 6, ['a text'])
    """
    last: tuple[tuple[object, ...], Any] | None = None

    @wraps(function)
    def asked(*args: object, **kwargs: object) -> Any:
        nonlocal last
        if kwargs:
            return function(*args, **kwargs)
        if last is None or not _are_the_same(last[0], args):
            last = args, function(*args)
        return last[1]

    return asked  # type: ignore[return-value] # it takes and gives the same


def _are_the_same(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    return len(some) == len(others) and all(
        one is other or (isinstance(one, str) and len(one) < 1000 and one == other)  # noqa: PLR2004 - short
        for one, other in zip(some, others, strict=True)
    )
