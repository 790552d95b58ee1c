"""One reported figure beside the recomputed one: do they agree, and if not, what explains it.

A reported figure is as exact as the decimals it is shown with, so half a unit of the last one is rounding.
Counts have to be equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from batchlake.responses import Comparison, Explanation

Amount = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What may explain a difference.

    Attributes:
        reported_calls: the calls that the platform counts in the batch; None where it doesn't say.
        listed_calls: the calls that the export with the figure itself lists; None where that isn't known.
        held_calls: the calls of the batch that the lake holds.
        changed_calls: those of them whose status is of a later observation than the figure.
    """

    reported_calls: int | None
    listed_calls: int | None
    held_calls: int
    changed_calls: int


def compare(
    figure: str,
    unit: str,
    reported: Amount,
    recomputed: Amount | None,
    decimals: int | None,
    circumstances: Circumstances,
) -> Comparison:
    """One comparison; `decimals` are those that a platform shows at least, None for a count."""
    exactly = Decimal(str(reported))
    tolerance = _rounding(exactly, decimals)
    difference = None if recomputed is None else Decimal(str(recomputed)) - exactly
    agrees = difference is not None and abs(difference) <= tolerance
    explanation: Explanation | None = None
    detail: str | None = None
    if agrees and difference:
        explanation, detail = "rounding", f"within {tolerance} of the decimals shown"
    elif not agrees:
        explanation, detail = _explain(circumstances)
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


def _explain(of: Circumstances) -> tuple[Explanation, str | None]:
    reported, listed = of.reported_calls, of.listed_calls
    lists_fewer = reported is not None and listed is not None and listed < reported
    if reported is not None and of.held_calls < reported:
        known = listed if lists_fewer else of.held_calls
        who = "the export lists" if lists_fewer else "the lake holds"
        return "export lists fewer calls than it counts", f"{who} {known} of the {reported} calls"
    if of.changed_calls:
        return "states changed since", f"{of.changed_calls} of the calls were observed again later"
    if lists_fewer:
        return "export lists fewer calls than it counts", f"the export lists {listed} of the {reported} calls"
    if reported is not None and of.held_calls > reported:
        return "unexplained", f"the lake holds {of.held_calls} calls of the {reported} reported"
    return "unexplained", None
