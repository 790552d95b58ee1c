"""Imports at the moment of use, so that a verb starts fast and needs no extra but its own.

No module of such a package may have the name of one of its attributes: once imported, it would replace it.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from batchlake.errors import InvalidRequest


def importer(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A package's `__getattr__`.

    Args:
        package: its name.
        homes: the module of it that each name is in.
    """

    def import_name(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{homes[name]}"), name)

    return import_name


def import_ahead(module: str) -> None:
    """Import a module on another thread: Python has little else to do while DuckDB and delta-rs open a lake.

    Code that imports it meanwhile waits for it, and so does the end of the process. A module that isn't
    installed raises where it is needed.
    """

    def work() -> None:
        with suppress(ImportError):
            importlib.import_module(module)

    threading.Thread(target=work, name="imports").start()


@contextmanager
def extra(name: str, purpose: str) -> Iterator[None]:
    """Import inside this block what only the extra `name` installs.

    Args:
        name: the extra, as `pip install 'batchlake[name]'` has it.
        purpose: what needs it, at the beginning of a sentence ("xlsx files").

    Raises:
        InvalidRequest: the extra isn't installed; the message has the command that installs it.
    """
    try:
        yield
    except ImportError as error:
        if (error.name or "").startswith("batchlake"):
            raise
        raise InvalidRequest(
            f"{purpose} need the extra `{name}`; install it with: pip install 'batchlake[{name}]'", extra=name
        ) from error
