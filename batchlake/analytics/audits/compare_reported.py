"""Compares a reported figure with the recomputed one: do they agree, and if not, what explains it.

Input: the two figures and the coverage of the report. Output: a `Comparison`. A reported figure is as exact
as its decimals: a difference of half a unit of the last one is rounding. Counts have to be equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from batchlake.models.audits import Comparison, Explanation

Number = int | float | Decimal

_MEANS: Final = frozenset({"ratio", "seconds", "0 to 1"})
"""The units of means and shares; any other figure is a count or a sum, to which each call adds."""

_LISTS_FEWER: Final = "export lists fewer calls than it counts"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What may explain a difference.

    Attributes:
        reported_calls: the calls that the platform counts in the batch; None where it doesn't say.
        listed_calls: the calls that the export with the figure itself lists; None where that isn't known.
        held_calls: the calls of the batch that the lake holds.
        later_calls: those of them whose value for this figure is of a later observation than the figure.
        as_listed: the figure over the calls that the export itself lists; None where that isn't known.
        erased_calls: calls of the batch that were erased, removed or kept as figures.
        currencies: the totals held in each currency, in words, where there are several.
        definition: the platform's own definition, in words, where the calls held give the figure by it.
        counts_planned: whether the platform counts calls as soon as they are planned.
    """

    reported_calls: int | None
    listed_calls: int | None
    held_calls: int
    later_calls: int = 0
    as_listed: Number | None = None
    erased_calls: int = 0
    currencies: str | None = None
    definition: str | None = None
    counts_planned: bool = False

    @property
    def lists_all(self) -> bool:
        """Whether the export lists every call that it counts; if it doesn't count, whether it lists any."""
        if self.listed_calls is None or self.reported_calls is None:
            return bool(self.listed_calls)
        return self.listed_calls >= self.reported_calls

    @property
    def unlisted_calls(self) -> int:
        """How many calls are held beyond those of the report: those it lists, else those it counts."""
        known = self.listed_calls if self.lists_all else self.reported_calls
        return 0 if known is None else max(0, self.held_calls - known)


def compare(
    figure: str,
    unit: str,
    reported: Number,
    recomputed: Number | None,
    decimals: int | None,
    coverage: Coverage,
) -> Comparison:
    """One comparison; `decimals` are those that a platform shows at least, None for a count."""
    exactly = Decimal(str(reported))
    tolerance = _rounding(exactly, decimals)
    difference = None if recomputed is None else Decimal(str(recomputed)) - exactly
    agrees: bool | None = difference is not None and abs(difference) <= tolerance
    explanation: Explanation | None = None
    detail: str | None = None
    if recomputed is None and coverage.currencies:
        agrees, explanation, detail = None, "several currencies", coverage.currencies
    elif agrees and difference:
        explanation, detail = "rounding", f"within {tolerance} of the decimals shown"
    elif not agrees and coverage.definition:
        agrees, explanation, detail = None, "counted by another definition", coverage.definition
    elif not agrees:
        listed = coverage.as_listed
        was_true = listed is None or abs(Decimal(str(listed)) - exactly) <= tolerance
        is_more = unit not in _MEANS and difference is not None and difference > 0
        explanation, detail = _explain(coverage, was_true, is_more=is_more)
    return Comparison(
        figure=figure,
        unit=unit,
        reported=reported,
        recomputed=recomputed,
        difference=None if difference is None else type(reported)(difference),
        tolerance=type(reported)(tolerance),
        agrees=agrees,
        explanation=explanation,
        detail=detail,
    )


def _rounding(reported: Decimal, decimals: int | None) -> Decimal:
    """Half a unit of the last decimal shown: 0.005 for 0.95, 0.5 for 120 seconds."""
    if decimals is None:
        return Decimal(0)
    exponent = reported.normalize().as_tuple().exponent
    shown = max(decimals, -exponent if isinstance(exponent, int) else 0)
    return Decimal(5).scaleb(-shown - 1)


def _explain(of: Coverage, was_true: bool, *, is_more: bool) -> tuple[Explanation, str | None]:
    """The reason for a difference, and what supports it.

    Args:
        of: the coverage.
        was_true: whether the figure agrees with the calls that its own export lists, as far as is known.
        is_more: whether a count or a sum is above the one reported, which calls that lack can't explain.
    """
    counted, listed = of.reported_calls, of.listed_calls
    if of.erased_calls and (counted is None or of.held_calls + of.erased_calls >= counted):
        return "calls were erased", erased_words(of.erased_calls)
    if counted is not None and of.held_calls < counted:
        planned = " planned, dialled or not" if of.counts_planned else ""
        held = f"the lake holds {of.held_calls} of the {counted} calls{planned}"
        if of.lists_all:
            return "unexplained", f"{held} that the export lists"
        if is_more and of.later_calls:
            return "states changed since", _again(of.later_calls, "calls")
        if is_more:
            return "unexplained", f"{held}, which give more than is reported"
        return _LISTS_FEWER, held if listed is None or planned else _listing(listed, counted)
    if of.lists_all and not was_true:
        return "unexplained", f"the calls that the export lists give {of.as_listed}"
    if unlisted := of.unlisted_calls:
        others = max(0, of.later_calls - unlisted)
        return "calls are held that the report did not list", (
            f"{'1 call is' if unlisted == 1 else f'{unlisted} calls are'} held that the report did not "
            f"{'list' if of.lists_all else 'count'}" + (f", and {_again(others, 'others')}" if others else "")
        )
    if of.later_calls:
        return "states changed since", _again(of.later_calls, "calls")
    if counted is not None and listed is not None and listed < counted and not is_more:
        return _LISTS_FEWER, _listing(listed, counted)
    return "unexplained", None


def erased_words(count: int) -> str:
    """`3 calls of this batch were erased`."""
    return f"{count} call{' of this batch was' if count == 1 else 's of this batch were'} erased"


def _again(count: int, of: str) -> str:
    return f"{count} of the {of} {'was' if count == 1 else 'were'} observed again later"


def _listing(listed: int, counted: int) -> str:
    return f"the export lists {listed or 'none'} of the {counted} calls"
