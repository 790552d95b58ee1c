"""Every figure of an analytics document by itself, with its title, unit, denominator and definition.

Input: the document. Output: figures in the order of `figures.csv`. Each of its numbers is the value of one
figure, or stands with one as numerator, denominator or the calls without; common responses and the timeline,
which are tables already, are left to `tables`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, Field

from batchlake.models.analytics import Analytics
from batchlake.models.blocks import Group
from batchlake.models.comparison import FigureValue
from batchlake.models.values import Figures
from batchlake.reports.wording import NO_CURRENCY


class Figure(Figures):
    """One number.

    Attributes:
        figure: its path in the analytics document, as `duration.median`.
        title: what it is called, as `Median duration`.
        value: None where there is no data; a ratio is from 0 to 1.
        unit: `calls`, `ratio`, `seconds`, `money`, ...
        currency: of money, where the export names one.
        numerator, denominator: what the value is a ratio of; the denominator alone says over how many a mean
            or a total is.
        missing: the calls that lack the value.
        definition: the metric's name among the definitions; empty where it has none of its own.
        section: what it is about, as `Duration`; no part of documents.
        name: its path with the stars; no part of documents.
    """

    figure: str
    title: str
    value: FigureValue | None
    unit: str
    currency: str | None = None
    numerator: FigureValue | None = None
    denominator: FigureValue | None = None
    missing: int | None = None
    definition: str = ""
    section: str = Field(default="", exclude=True)
    name: str = Field(default="", exclude=True)


class FigureRow(NamedTuple):
    """A line of `figures.csv`: where a figure stands and what it is called.

    A `*` in the path is each key of a mapping or each place of a list. Section and title may hold `{name}`,
    the key itself, `{words}` and `{Words}`, the key in words, `{currency}`, and fields next to the value as
    `{of.lower}`. `over` is the numerator, the denominator and the calls without, as far as they exist: each a
    field next to the value, or of the nearest block around it that has one.
    """

    section: str
    title: str
    path: str
    unit: str
    over: str
    metric: str


@cache
def figure_rows() -> list[FigureRow]:
    """Every line of `figures.csv`, in its order."""
    with Path(__file__).with_name("figures.csv").open(encoding="utf-8", newline="") as file:
        return [FigureRow(**row) for row in csv.DictReader(file)]


HEADLINES: Final = (
    "statistics.total_calls",
    "rates.completed_of_total.rate",
    "rates.completed_of_finished.rate",
    "duration.mean",
    "average_sentiment.mainly.positive.rate",
    "engagement.score.mean",
    "cost.currencies.*.total",
)
"""The rows that a reader wants first, in that order."""


def figures(of: Analytics | Group) -> list[Figure]:
    """The figures of a selection (not those of its groups), section by section."""
    found = [figure for row in figure_rows() for figure in _figures_of(row, of)]
    sections = list(dict.fromkeys(figure.section for figure in found))
    return sorted(found, key=lambda figure: sections.index(figure.section))


def headlines(of: Analytics) -> list[Figure]:
    """The figures that come first; with costs in one currency, what a completed call costs as well."""
    names = list(HEADLINES)
    if len(of.cost.currencies) == 1:
        names.append("cost.currencies.*.per_completed_call")
    found = figures(of)
    return [figure for name in names for figure in found if figure.name == name]


def _figures_of(row: FigureRow, of: Analytics | Group) -> Iterator[Figure]:
    for blocks, value, steps, star in _values([of], row.path.split("."), [], ""):
        block = blocks[-1]
        currency = getattr(block, "currency", None) if row.unit == "money" else None
        words = star.replace("_", " ")
        named = {
            "name": star,
            "words": words,
            "Words": words.capitalize(),
            "of": block,
            "currency": getattr(block, "currency", None) or NO_CURRENCY,
        }
        numerator, denominator, missing = (_around(blocks, name) for name in (row.over or "//").split("/"))
        yield Figure(
            figure=".".join(steps),
            title=row.title.format(**named),
            value=value,
            unit=row.unit,
            currency=currency,
            numerator=numerator,
            denominator=denominator,
            missing=missing,
            definition=row.metric,
            section=row.section.format(**named),
            name=row.path,
        )


def _values(
    blocks: list[Any], path: list[str], steps: list[str], star: str
) -> Iterator[tuple[list[Any], Any, list[str], str]]:
    """Each value at a path: the blocks around it, the value, its own path, and what the star stands for."""
    if blocks[-1] is None:
        # Of a family that wasn't asked for.
        return
    first, *rest = path
    keys: list[Any] = _keys(blocks[-1]) if first == "*" else [first]
    for key in keys:
        inner = getattr(blocks[-1], key) if isinstance(blocks[-1], BaseModel) else blocks[-1][key]
        taken, named = [*steps, str(key)], str(key) if first == "*" else star
        if rest:
            yield from _values([*blocks, inner], rest, taken, named)
        else:
            yield blocks, inner, taken, named


def _keys(of: Any) -> list[Any]:
    return list(of) if isinstance(of, dict) else list(range(len(of)))


def _around(blocks: list[Any], name: str) -> Any:
    """The field of the nearest block that has it; None for no name."""
    models = (block for block in reversed(blocks) if isinstance(block, BaseModel))
    return next((getattr(block, name) for block in models if hasattr(block, name)), None) if name else None
