"""The console's state, which its commands act on: the lake as of when, the selection, where rows go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from batchlake import __version__
from batchlake.console.catalogue import Catalogue
from batchlake.console.screen import Screen
from batchlake.engine.quoting import zone_named
from batchlake.engine.whole_files import read_text
from batchlake.filters.parse import parse_filter
from batchlake.filters.selection import select
from batchlake.filters.values.zone import in_zone
from batchlake.output.formats import ROW_FORMATS
from batchlake.output.target import format_by_suffix
from batchlake.text.looks import Clock, counted
from batchlake.text.terminal import cut, display_width

if TYPE_CHECKING:
    from datetime import datetime

    from batchlake.filters.model import Filter
    from batchlake.lake import Lake


ReadFilter: TypeAlias = Callable[[str, str], "Filter"]
"""Makes a filter of what was typed, in a time zone."""


class Console:
    """The console's state: the lake as of when, the selection, how and where rows are written.

    Attributes:
        vertical: `on`, `off`, or `auto`: where a wide answer fits the screen so.
        timing: whether answers say how long they took.
        types: whether the types of the columns stand under their names.
        last: the last statement that had an answer, for `\\wide`, `\\copy` and `\\e`.
        run: answers statements; set by what reads them.
        wide: the next answer is shown whole.
    """

    def __init__(
        self,
        lake: Lake,
        filter: Filter | None,
        row_format: str,
        timeout_seconds: float | None,
        read_filter: ReadFilter | None = None,
        pager: Sequence[str] | None = None,
    ) -> None:
        self.newest = lake
        self.lake = lake
        self.filter = filter
        self.row_format = row_format
        self.output: Path | None = None
        self.vertical = "auto"
        self.timing = True
        self.types = False
        self.last = ""
        self.wide = False
        self.run: Callable[[str], None] = lambda text: None
        self.screen = Screen(pager)
        self._read_filter = read_filter or _filter_of_json
        self._timeout_seconds = timeout_seconds
        self.session = lake.session(filter, timeout_seconds=timeout_seconds)
        self.catalogue = Catalogue(self.session)

    def greeting(self) -> str:
        """Which lake, what it holds, and how fresh it is."""
        (held,) = self.lake.sql(
            "select (select count(*) from calls) as calls, (select count(*) from batches) as batches, "
            "(select max(call_time) from calls) as newest"
        ).to_dicts()
        calls, batches = held["calls"], held["batches"]
        counts = f"{counted(calls, 'call')} in {counted(batches, 'batch', 'batches')}"
        zone = self.lake.timezone
        newest = f", the newest of {Clock(zone).minute(held['newest'])} {zone}" if held["newest"] else ""
        title, held_now = f"batchlake {__version__}   {Path(str(self.lake.root)).name}", f"{counts}{newest}"
        told = f"{title}: {held_now}"
        if display_width(told) > self.screen.width:
            told = f"{cut(title, self.screen.width)}\n{held_now}"
        return f"{told}\nSQL ends with a semicolon. help tells more, \\q leaves."

    def select(self, filter: Filter) -> None:
        """Let `selected_calls` and `selected_segments` show the calls that match."""
        self.session.select(select(filter))
        self.filter = filter

    def read_filter(self, text: str) -> Filter:
        """The filter that was typed, in the console's zone."""
        return self._read_filter(text, self.lake.timezone)

    def set_timezone(self, name: str) -> None:
        """Let days begin, and times be given, in another zone; the person's own tables stay behind.

        Raises:
            InvalidRequest: there is no such zone.
        """
        zone = zone_named(name)
        self.lake.timezone = self.newest.timezone = zone
        self._open(self.lake)

    def go_to(self, moment: datetime | str | None) -> None:
        """Ask the lake as it was then, None for the newest state. The person's own tables stay behind."""
        lake = self.newest if moment is None else self.newest.at(moment)
        lake.timezone = self.lake.timezone
        self._open(lake)

    def _open(self, lake: Lake) -> None:
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


def _filter_of_json(text: str, timezone: str) -> Filter:
    """A filter of JSON, or of `@FILE` that holds it."""
    given = read_text(Path(text[1:])) if text.startswith("@") else text
    with in_zone(timezone):
        return parse_filter(given)
