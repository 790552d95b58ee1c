"""Headings and tables of GitHub's Markdown, with nothing from the report in them that acts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from batchlake.output.lines import markdown_text
from batchlake.text.values import text

# What GitHub makes a link, an emphasis or a formula of although it is no markup in plain Markdown.
_ACTING: Final = re.compile(r"(?<=\w)@(?=\w)|:(?=//)|(?<=\bwww)\.|(?<!\w)_|_(?!\w)|[~$#]", re.IGNORECASE)

Column = tuple[str, str]
"""A heading and the side on which the values stand."""


def escaped(value: Any) -> str:
    r"""A value on one line, with everything that Markdown would act on escaped.

    >>> print(escaped("[x](https://a.b) | <b>*1*</b>"))
    \[x](https\://a.b) \| \<b>\*1\*\</b>
    """
    return "" if value is None else _ACTING.sub(r"\\\g<0>", markdown_text(text(value)))


def texts(*names: str) -> list[Column]:
    """Columns of text."""
    return [(name, "---") for name in names]


def numbers(*names: str) -> list[Column]:
    """Columns of numbers."""
    return [(name, "---:") for name in names]


def section(title: str) -> Iterator[str]:
    """The heading of a section."""
    yield from paragraph(f"## {escaped(title)}")


def paragraph(line: str) -> Iterator[str]:
    """A line by itself; escaping it is up to who gives it."""
    yield ""
    yield line


def table(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A table, every value in it escaped."""
    yield ""
    yield f"| {' | '.join(escaped(name) for name, _ in columns)} |"
    yield f"|{'|'.join(side for _, side in columns)}|"
    for row in rows:
        yield f"| {' | '.join(map(escaped, row))} |"
