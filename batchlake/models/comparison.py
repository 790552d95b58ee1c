"""Two selections side by side, as models: what differs, and whether the difference can be chance."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from batchlake.models.values import Figures, Money

FigureValue = int | float | Money

NOTES: Final = (
    "Intervals are at 95 %: where nothing differs in truth, about one figure in twenty looks as if it did.",
    "They hold for two selections that share no call.",
)


class Interval(Figures):
    """Where the true figure lies, at 95 %, in the figure's own unit."""

    lower: float
    upper: float

    @property
    def holds_zero(self) -> bool:
        """Whether, of a difference, there may be none."""
        return self.lower <= 0 <= self.upper


class Side(Figures):
    """One selection's figure; a rate is `numerator` / `denominator`.

    A mean is over `denominator` calls or minutes. `value` is None where there is nothing to make it of.
    """

    value: FigureValue | None = None
    numerator: FigureValue | None = None
    denominator: FigureValue | None = None


class Difference(Figures):
    """One figure of two selections; `difference` is this - other, in `unit` (`currency` where it is money).

    `interval` and `can_be_chance` are None for what none is made of (counts, totals, medians), and where a
    side has too few calls: `reason` then says why. `sentence` says all of it.
    """

    figure: str
    title: str
    unit: str
    currency: str | None = None
    this: Side
    other: Side
    difference: FigureValue | None = None
    interval: Interval | None = None
    can_be_chance: bool | None = None
    reason: str | None = None
    sentence: str


class GroupDifferences(Figures):
    """The differences between the calls of both selections that share `keys`."""

    keys: dict[str, Any]
    differences: list[Difference]


class SelectionComparison(Figures):
    """Two selections, each described in a sentence, their differences, and how to read those.

    `groups` are those of either selection where they are grouped, in the order of this one; else left out.
    """

    this: str
    other: str
    differences: list[Difference]
    groups: list[GroupDifferences] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=lambda: list(NOTES))

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row for each figure, of groups one for each group and figure; `difference` is this - other."""
        if not self.groups:
            return [_row(one) for one in self.differences]
        return [group.keys | _row(one) for group in self.groups for one in group.differences]

    @model_serializer(mode="wrap")
    def _leave_out_no_groups(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if key != "groups" or value}


def _row(one: Difference) -> dict[str, Any]:
    return {
        "figure": one.figure,
        "title": one.title,
        "unit": one.unit,
        "currency": one.currency,
        "this": one.this.value,
        "other": one.other.value,
        "difference": one.difference,
        "lower": one.interval.lower if one.interval else None,
        "upper": one.interval.upper if one.interval else None,
        "can_be_chance": one.can_be_chance,
    }
