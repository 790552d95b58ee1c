"""The audit as a screen: money over all batches, then what differs, unexplained first; of one batch every
figure.

In comes an `Audit`, out come lines. Words tell which way a figure differs: `too high` is a report that
says more than the calls add up to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from batchlake.models.audits import Audit, BatchAudit, BilledTotal, Comparison
from batchlake.screens.page import Page, columns, padded
from batchlake.text import looks
from batchlake.text.bars import bar
from batchlake.text.escaping import printable

_INDENT = "  "
_AGAIN = re.compile(r"(\d+) of the calls (was|were) observed again later")
_NAMES = {"total_calls": "calls", "success_rate": "success rate"}


def audit_screen(
    audit: Audit, page: Page, *, everything: bool = False, currencies: dict[str, str | None] | None = None
) -> Iterator[str]:
    """The lines of the screen.

    Args:
        audit: what was found.
        page: what for.
        everything: figures that agree, too.
        currencies: of each batch's costs, where they are in one.
    """
    known = currencies or {}
    one = audit.audited_batches == 1
    parts: list[list[str]] = []
    if audit.totals and not one:
        parts.append(list(_money(audit.totals, page)))
    blocks = sorted(audit.batches, key=_rank)
    for batch in blocks:
        figures = [figure for figure in batch.figures if everything or one or _differs(figure)]
        if figures:
            parts.append(list(_batch(batch, figures, page, known.get(batch.batch_id))))
    for number, lines in enumerate(parts):
        if number:
            yield ""
        yield from lines
    if one and parts and not everything:
        return
    if parts:
        yield ""
    yield summary(audit)


def summary(audit: Audit) -> str:
    """`9 batches, 63 figures: 56 agree, 3 differ for a known reason, 4 unexplained.`"""
    known = audit.differences - audit.unexplained
    agree = audit.compared - audit.differences
    parts = [f"{agree:,} agree{'s' if agree == 1 else ''}"]
    if known:
        parts.append(f"{known:,} differ{'s' if known == 1 else ''} for a known reason")
    if audit.unexplained:
        parts.append(f"{audit.unexplained:,} unexplained")
    if otherwise := audit.defined_otherwise:
        parts.append(f"{otherwise:,} right as the platform counts")
    if mixed := audit.not_compared - otherwise:
        parts.append(f"{mixed:,} can't be compared, as costs are in several currencies")
    batches = f"{audit.audited_batches:,} batch{'' if audit.audited_batches == 1 else 'es'}"
    figures = audit.compared + audit.not_compared
    return f"{batches}, {figures:,} figure{'' if figures == 1 else 's'}: {', '.join(parts)}."


def _money(totals: Sequence[BilledTotal], page: Page) -> Iterator[str]:
    decimals = looks.decimals_for(
        [amount for one in totals for amount in (one.reported, one.recomputed)], looks.EXACT
    )
    rows = [["", "reported", "in the calls", "the report is"]]
    for one in totals:
        verdict = "right" if not one.difference else _money_way(one)
        where = f", in {one.batches:,} batch{'' if one.batches == 1 else 'es'}"
        rows.append(
            [
                one.currency or "(no currency named)",
                looks.amount(one.reported, decimals),
                looks.amount(one.recomputed, decimals),
                f"{page.red(verdict) if one.difference else verdict}{where}",
            ]
        )
    lines = columns(rows, (False, True, True, False))
    yield page.bold(lines[0])
    yield from lines[1:]


def _money_way(one: BilledTotal) -> str:
    more = looks.money(abs(one.difference), one.currency, looks.CENTS)
    return f"{more} too {'high' if one.difference < 0 else 'low'}"


def _rank(batch: BatchAudit) -> tuple[int, str, str]:
    """Unexplained first."""
    unexplained = any(figure.explanation == "unexplained" for figure in batch.figures if _differs(figure))
    return (0 if unexplained else 1, batch.batch_id, batch.source)


def _differs(figure: Comparison) -> bool:
    return figure.agrees is not True


def _batch(
    batch: BatchAudit, figures: Sequence[Comparison], page: Page, currency: str | None
) -> Iterator[str]:
    """One batch: why its figures differ, and the figures, each reason with its own."""
    reasons: dict[str, list[Comparison]] = {}
    for figure in figures:
        reasons.setdefault(_reason(figure), []).append(figure)
    ordered = sorted(reasons, key=lambda reason: (reason != "unexplained", not reason))
    for reason in ordered:
        words = reason or f"{len(reasons[reason])} figures agree"
        shown = page.red(words) if reason == "unexplained" else words
        yield f"{page.bold(f'{printable(batch.batch_id)}:')} {shown}"
        rows = [_row(figure, currency) for figure in reasons[reason]]
        yield from (_INDENT + line for line in columns(rows, (False, True, True, False)))


def _reason(figure: Comparison) -> str:
    if not _differs(figure):
        return ""
    if figure.explanation == "unexplained" and not figure.detail:
        return "unexplained"
    detail = _AGAIN.sub(_again, figure.detail or "")
    if figure.explanation == "unexplained":
        return f"unexplained, though {detail}"
    return detail or figure.explanation or ""


def _again(match: re.Match[str]) -> str:
    calls = f"{match[1]} call{'' if match[1] == '1' else 's'}"
    return f"{calls} {match[2]} observed again after the report"


def _row(figure: Comparison, currency: str | None) -> list[str]:
    name = figure_name(figure.figure)
    reported = value_words(figure.reported, figure.unit, currency)
    recomputed = value_words(figure.recomputed, figure.unit, currency)
    if not _differs(figure):
        return [name, reported, recomputed, "agrees"]
    if figure.agrees is None and figure.difference is not None:
        return [name, reported, recomputed, "right by that"]
    return [name, reported, recomputed, way(figure, currency)]


def figure_name(name: str) -> str:
    """`average_sentiment.positive` as `positive sentiment`, a common response as what was said."""
    if name.startswith("common_responses["):
        return printable(name[len("common_responses[") :].partition("]")[0])
    if name.startswith("average_sentiment."):
        return f"{name.rpartition('.')[2]} sentiment"
    return _NAMES.get(name, looks.word(name))


def value_words(value: int | float | Decimal | None, unit: str, currency: str | None) -> str:
    """A figure of an audit, exact where it is money."""
    if value is None:
        return looks.NOTHING
    if unit == "money":
        return looks.money(Decimal(value), currency, looks.EXACT)
    if unit == "seconds":
        return looks.duration(float(value))
    if unit == "ratio":
        return f"{100 * float(value):.2f} %"
    if unit == "0 to 1":
        return f"{float(value):.2f}"
    return looks.count(int(value))


def way(figure: Comparison, currency: str | None) -> str:
    """`7.25 EUR too high`: how far the report is from the calls, and which way."""
    if figure.difference is None:
        return "" if figure.agrees is None else "not in the calls"
    off = abs(Decimal(str(figure.difference)))
    direction = "high" if figure.difference < 0 else "low"
    if figure.unit == "money":
        words = looks.money(off, currency, looks.EXACT)
    elif figure.unit == "seconds":
        words = looks.duration(float(off))
    elif figure.unit == "ratio":
        words = f"{100 * off:.2f} points"
    elif figure.unit == "0 to 1":
        words = f"{off:.2f}"
    else:
        words = looks.count(int(off))
    return f"{words} too {direction}"


def bars_of(values: Sequence[int], width: int) -> list[str]:
    """Bars against the greatest of them."""
    greatest = max(values, default=0)
    return [padded(bar(value, greatest, width), width) for value in values]


def audit_rows(audit: Audit, currencies: dict[str, str | None]) -> list[dict[str, object]]:
    """A row a figure, for formats of rows."""
    return [
        {
            "source": batch.source,
            "batch_id": batch.batch_id,
            "figure": figure.figure,
            "unit": figure.unit,
            "currency": currencies.get(batch.batch_id) if figure.unit == "money" else None,
            "reported": _exact(figure.reported),
            "in_the_calls": _exact(figure.recomputed),
            "difference": _exact(figure.difference),
            "tolerance": _exact(figure.tolerance),
            "agrees": figure.agrees,
            "why": figure.explanation,
            "detail": figure.detail,
            "reported_at": batch.reported_at,
            "listed": batch.listed_calls,
            "held": batch.held_calls,
        }
        for batch in audit.batches
        for figure in batch.figures
    ]


def _exact(value: int | float | Decimal | None) -> Decimal | None:
    """Counts, ratios and money in one column: decimals of as many digits as each has."""
    return None if value is None else Decimal(str(value))
