"""Several files at once: most of a search runs in engines that leave the interpreter to others meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_MOST_AT_ONCE: Final = 4
"""A file and what is made of it are a hundred megabytes."""

T = TypeVar("T")
R = TypeVar("R")


def at_once(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """What becomes of each item, in their order; the first error ends it."""
    with ThreadPoolExecutor(min(_MOST_AT_ONCE, os.cpu_count() or 1)) as pool:
        yield from pool.map(work, items)
