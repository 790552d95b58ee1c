"""Keeps DuckDB and delta-rs from being used in a process that was forked from one that had used them.

Their worker threads are not in the child (`os.fork`, multiprocessing's `fork`): a question there would wait
for ever or end in a panic, and closing a connection would hang or crash it. Input: `begin` where either is
first used, `check` at each use, `keep` for objects that must not be destroyed there. Output: an
`InvalidRequest` in such a child. A child forked before a lake was used works like any other process.
"""

from __future__ import annotations

import os
import weakref
from typing import Any, Final

from batchlake.errors import InvalidRequest

_held: Final[weakref.WeakSet[Any]] = weakref.WeakSet()


class _Process:
    """What is known of this process."""

    has_used = False
    is_forked = False


def is_forked() -> bool:
    """Whether this process was forked from one that had used DuckDB or delta-rs."""
    return _Process.is_forked


def check() -> None:
    """Check that DuckDB and delta-rs can be used.

    Raises:
        InvalidRequest: this process was forked from one that had used them; names what to do instead.
    """
    if _Process.is_forked:
        raise InvalidRequest(
            "this process was forked from one that had used a lake, and can use none: the engines' threads "
            'are not in it. Start it with spawn (`multiprocessing.get_context("spawn")`) or forkserver '
            "instead, or fork before the first lake is used."
        )


def begin() -> None:
    """Note that DuckDB and delta-rs are used from now on.

    Raises:
        InvalidRequest: as `check`.
    """
    check()
    _Process.has_used = True


def keep(held: Any) -> None:
    """Let a connection or reader of DuckDB's never be destroyed in a process that is forked from this one."""
    _held.add(held)


def _in_child() -> None:
    _Process.is_forked = _Process.is_forked or _Process.has_used
    if not _held:
        return
    import ctypes

    for one in list(_held):
        # Its end waits for threads that are not here, so nothing in this process may be the last to hold it.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(one))


os.register_at_fork(after_in_child=_in_child)
