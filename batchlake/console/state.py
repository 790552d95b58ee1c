"""The console's state, which its commands act on: the lake as of when, the selection, where rows go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from batchlake.console.catalogue import Catalogue
from batchlake.console.screen import Screen
from batchlake.filters.selection import select
from batchlake.output.formats import ROW_FORMATS
from batchlake.output.target import format_by_suffix

if TYPE_CHECKING:
    from datetime import datetime

    from batchlake.filters.model import Filter
    from batchlake.lake import Lake


class Console:
    """The console's state: the lake as of when, the selection, how and where rows are written."""

    def __init__(
        self,
        lake: Lake,
        filter: Filter | None,  # noqa: A002
        row_format: str,
        timeout_seconds: float | None,
    ) -> None:
        self.newest = lake
        self.lake = lake
        self.filter = filter
        self.row_format = row_format
        self.output: Path | None = None
        self.screen = Screen()
        self._timeout_seconds = timeout_seconds
        self.session = lake.session(filter, timeout_seconds=timeout_seconds)
        self.catalogue = Catalogue(self.session)

    def select(self, filter: Filter) -> None:  # noqa: A002
        """Let `selected_calls` and `selected_segments` show the calls that match."""
        self.session.select(select(filter))
        self.filter = filter

    def go_to(self, moment: datetime | str | None) -> None:
        """Ask the lake as it was then, None for the newest state. The person's own tables stay behind."""
        lake = self.newest if moment is None else self.newest.at(moment)
        session = lake.session(self.filter, timeout_seconds=self._timeout_seconds)
        self.session.close()
        self.lake, self.session = lake, session
        self.catalogue = Catalogue(session)

    def format_of(self, path: Path) -> str:
        """How rows are written to a file: as its suffix says, without one as they are written now.

        Raises:
            InvalidRequest: the suffix stands for no format of rows.
        """
        return format_by_suffix(path, ROW_FORMATS) or self.row_format
