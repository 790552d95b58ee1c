"""The figures of a selection, as a document, as rows and as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, PrivateAttr

from batchlake.models.blocks import Group, OfFamilies, Selected
from batchlake.models.frames import Frames

if TYPE_CHECKING:
    import pyarrow as pa

    from batchlake.models.comparison import SelectionComparison


class Analytics(OfFamilies, Selected, Frames):
    """The figures over a selection, described in a sentence; by group too where asked for, largest first.

    `families` are those that were asked for, all unless some were named.
    """

    by: list[str] = Field(default_factory=list)
    groups: list[Group] = Field(default_factory=list)
    _timezone: str = PrivateAttr(default="UTC")
    _other: Analytics | None = PrivateAttr(default=None)
    _comparison: SelectionComparison | None = PrivateAttr(default=None)

    @property
    def other(self) -> Analytics | None:
        """The figures of what it was compared with; None where nothing was."""
        return self._other

    @property
    def comparison(self) -> SelectionComparison | None:
        """What differs from what it was compared with, and what of it can be chance; None where nothing
        was."""
        return self._comparison

    def in_timezone(self, timezone: str) -> Analytics:
        """The same figures, which know the zone of their groups by time."""
        self._timezone = timezone
        return self

    def compared(self, other: Analytics, comparison: SelectionComparison) -> Analytics:
        """The same figures, which know what they were compared with."""
        self._other, self._comparison = other, comparison
        return self

    def to_dicts(self) -> list[dict[str, Any]]:
        """The groups as rows, largest first; without `by` one row, of the whole.

        A row is the keys and the figures of one value each. Costs in several currencies leave `total_cost`
        None, and are listed in `costs`; `by=["currency", ...]` makes a row of each.
        """
        from batchlake.models.group_rows import figures_row

        if not self.by:
            return [figures_row(self)]
        return [{**group.keys, **figures_row(group)} for group in self.groups]

    def arrow(self) -> pa.Table:
        """The rows of `to_dicts` as an Arrow table; hours are of the zone that they were asked in."""
        from batchlake.models.group_rows import arrow_table

        return arrow_table(self.to_dicts(), self._timezone)

    def __repr__(self) -> str:
        """What was selected, and the first ten rows as a table."""
        from batchlake.models.group_rows import shown

        return "\n".join([self.selection, *shown(self.by, self.groups, self)])

    __str__ = __repr__
