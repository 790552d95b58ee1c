"""Checks and maintenance of a lake: `Lake` inherits these methods."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchlake.store.maintenance import Finding, MaintenanceReport


class LakeCare:
    """The part of `Lake` that checks and maintains it."""

    if TYPE_CHECKING:

        @property
        def root(self) -> str | Path: ...

        def finish_erasure(self, landing: Path | None = None, wait_seconds: float = 0) -> None: ...

    def check(self) -> list[Finding]:
        """Everything that is wrong with the lake; an empty list, or notes alone, is a sound lake.

        Example:
            >>> lake.check()
            []
        """
        from batchlake.store.maintenance import check

        return check(self.root)

    def compact(self, *, wait_seconds: float = 0) -> MaintenanceReport:
        """Fold small files into larger ones; no row changes.

        Example:
            >>> lake.compact().tables["calls"]["files_after"]
            1
        """
        from batchlake.store.maintenance import compact

        self.finish_erasure(wait_seconds=wait_seconds)
        return compact(self.root, wait_seconds=wait_seconds)

    def vacuum(
        self, *, keep_for: timedelta = timedelta(days=7), dry_run: bool = False, wait_seconds: float = 0
    ) -> MaintenanceReport:
        """Delete files that no state of the last `keep_for` needs; earlier ones can't be read afterwards.

        Example:
            >>> lake.vacuum(keep_for=timedelta(days=1)).tables["calls"]["files_deleted"]
            0
        """
        from batchlake.store import maintenance

        self.finish_erasure(wait_seconds=wait_seconds)
        return maintenance.vacuum(self.root, keep_for=keep_for, dry_run=dry_run, wait_seconds=wait_seconds)
