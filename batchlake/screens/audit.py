"""The audit as a screen: money over all batches, then what differs, unexplained first; of one batch every
figure.

Input: an `Audit`. Output: lines; where a row doesn't fit the page, each figure's values stand below it.
Words say which way a figure differs: `too high` is a report that says more than the calls add up to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from batchlake.models.audits import Audit, BatchAudit, BilledTotal, Comparison
from batchlake.output.pager import fill
from batchlake.screens.page import Page, columns
from batchlake.text import looks
from batchlake.text.escaping import printable
from batchlake.text.terminal import printed_width

Currencies: TypeAlias = Mapping[tuple[str, str], str | None]
"""The currency of each batch's costs by source and id; None where the exports name none."""

_INDENT = "  "
_RIGHT = (False, True, True, False)
"""Which columns stand to the right."""

_AGAIN = re.compile(r"(\d+) of the calls (was|were) observed again later")
_AS_LISTED = "the calls that the export lists give "
_NAMES = {"total_calls": "calls", "success_rate": "success rate"}


def audit_screen(
    audit: Audit, page: Page, *, everything: bool = False, currencies: Currencies | None = None
) -> Iterator[str]:
    """The lines of the screen.

    Args:
        audit: what was found.
        page: what for.
        everything: figures that agree, too.
        currencies: of each batch's costs, by source and id, where they are in one.
    """
    known = currencies or {}
    one = audit.audited_batches == 1
    bill = _bill(audit, known, page) if audit.totals and not one else []
    blocks = [
        block
        for batch in sorted(audit.batches, key=_rank)
        for block in _blocks(batch, page, known.get(_place(batch)), everything=everything or one)
    ]
    # The columns are those of the whole screen, whichever batch a row is of.
    rows = columns([row for block in blocks for row in block.rows], _RIGHT)
    money = columns(bill, _RIGHT)
    if max(map(printed_width, [*(f"{_INDENT}{row}" for row in rows), *money]), default=0) > page.width:
        yield from _narrow(bill, blocks, page)
    else:
        if money:
            yield from (page.bold(money[0]), *money[1:], "")
        for block in blocks:
            yield from block.head
            yield from (f"{_INDENT}{rows.pop(0)}".rstrip() for _ in block.rows)
    if not (one and blocks and not everything):
        yield from fill(summary(audit), page.width)


def _narrow(bill: list[list[str]], blocks: list[_Block], page: Page) -> Iterator[str]:
    """Figures one below the other, each with what is reported and what is in the calls below it."""
    for name, *values in bill[1:]:
        yield from _stacked(page.bold(name), values, page, "")
    if bill:
        yield ""
    for block in blocks:
        yield from block.head
        for name, *values in block.rows:
            yield from _stacked(name, values, page, _INDENT)


def _stacked(name: str, values: Sequence[str], page: Page, indent: str) -> Iterator[str]:
    reported, recomputed, verdict = values
    if verdict == "agrees" and reported == recomputed:
        name, reported = f"{name}: {reported}", ""
    yield from (f"{indent}{line}" for line in fill(name, page.width - len(indent)))
    if not reported:
        return
    below = f"{indent}{_INDENT}"
    sides = [("reported", reported), ("in the calls", recomputed)]
    yield from (f"{below}{line}" for line in columns(sides, (False, True)))
    yield from (f"{below}{line}" for line in fill(verdict, page.width - len(below)) if line)


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
    batches = looks.counted(audit.audited_batches, "batch", "batches")
    figures = looks.counted(audit.compared + audit.not_compared, "figure")
    return f"{batches}, {figures}: {', '.join(parts)}."


def _bill(audit: Audit, currencies: Currencies, page: Page) -> list[list[str]]:
    """What was billed and what the calls add up to, a row a currency below the head."""
    decimals = looks.decimals_for(
        [amount for one in audit.totals for amount in (one.reported, one.recomputed)], looks.EXACT
    )
    rows = [["", "reported", "in the calls", "the report is"]]
    for one in audit.totals:
        verdict = "right" if not one.difference else _money_way(one)
        differing = _differing(audit, currencies, one.currency) if one.difference else 0
        of = f"{differing:,} of " if differing else ""
        where = f", in {of}{looks.counted(one.batches, 'batch', 'batches')}"
        rows.append(
            [
                one.currency or "(no currency named)",
                looks.amount(one.reported, decimals),
                looks.amount(one.recomputed, decimals),
                f"{page.red(verdict) if one.difference else verdict}{where}",
            ]
        )
    return rows


def _differing(audit: Audit, currencies: Currencies, currency: str | None) -> int:
    """How many batches are billed otherwise than their calls add up to, of those with costs in this
    currency."""
    return sum(
        bool(figure.difference)
        for batch in audit.batches
        if _place(batch) in currencies and currencies[_place(batch)] == currency
        for figure in batch.figures
        if figure.unit == "money"
    )


def _money_way(one: BilledTotal) -> str:
    more = looks.money(abs(one.difference), one.currency, looks.CENTS)
    return f"{more} too {'high' if one.difference < 0 else 'low'}"


def _place(batch: BatchAudit) -> tuple[str, str]:
    """Whose batch it is, and its id: another platform may use the same."""
    return batch.source, batch.batch_id


def _rank(batch: BatchAudit) -> tuple[int, str, str]:
    """Unexplained first."""
    unexplained = any(figure.explanation == "unexplained" for figure in batch.figures if _differs(figure))
    return (0 if unexplained else 1, batch.batch_id, batch.source)


def _differs(figure: Comparison) -> bool:
    return figure.agrees is not True


@dataclass(frozen=True, slots=True)
class _Block:
    """A batch's figures that have one reason: lines that say which, and a row a figure."""

    head: list[str]
    rows: list[list[str]]


def _blocks(batch: BatchAudit, page: Page, currency: str | None, *, everything: bool) -> Iterator[_Block]:
    """One batch: why its figures differ, and the figures, each reason with its own."""
    reasons: dict[str, list[Comparison]] = {}
    for figure in batch.figures:
        if everything or _differs(figure):
            reasons.setdefault(_reason(figure, currency), []).append(figure)
    for reason in sorted(reasons, key=lambda one: (not one.startswith("unexplained"), not one)):
        figures = reasons[reason]
        words = reason or (f"{len(figures)} figures agree" if len(figures) > 1 else "1 figure agrees")
        named = f"{printable(batch.batch_id)}:"
        first, *others = fill(f"{named} {words}", page.width)
        red = page.red if reason.startswith("unexplained") else str
        head = [f"{page.bold(named)}{red(first[len(named) :])}", *map(red, others)]
        yield _Block(head, [_row(figure, currency) for figure in figures])


def _reason(figure: Comparison, currency: str | None) -> str:
    if not _differs(figure):
        return ""
    detail = _AGAIN.sub(_again, figure.detail or "")
    if detail.startswith(_AS_LISTED):
        listed = Decimal(detail.removeprefix(_AS_LISTED))
        # What the row says already is no news.
        same = figure.recomputed is not None and listed == Decimal(str(figure.recomputed))
        detail = "" if same else f"{_AS_LISTED}{value_words(listed, figure.unit, currency)}"
    if figure.explanation == "unexplained":
        return f"unexplained, though {detail}" if detail else "unexplained"
    return detail or figure.explanation or ""


def _again(match: re.Match[str]) -> str:
    return f"{looks.counted(int(match[1]), 'call')} {match[2]} observed again after the report"


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
        return f"{value:.2f}"
    return looks.count(int(value))


def way(figure: Comparison, currency: str | None) -> str:
    """`7.25 EUR too high`: how far the report is from the calls, and which way."""
    if figure.difference is None:
        return "" if figure.agrees is None else "not in the calls"
    off = abs(Decimal(str(figure.difference)))
    direction = "high" if figure.difference < 0 else "low"
    words = f"{100 * off:.2f} points" if figure.unit == "ratio" else value_words(off, figure.unit, currency)
    return f"{words} too {direction}"


def audit_rows(audit: Audit, currencies: Currencies) -> list[dict[str, object]]:
    """A row a figure, for formats of rows."""
    return [
        {
            "source": batch.source,
            "batch_id": batch.batch_id,
            "figure": figure.figure,
            "unit": figure.unit,
            "currency": currencies.get(_place(batch)) if figure.unit == "money" else None,
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
