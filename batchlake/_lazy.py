"""Names of a package that are imported when they are first used: most verbs need few, and want to start fast.

No module of such a package may be called like one of its names: once imported, it would stand in its place.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any


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

    Who imports it meanwhile waits for it, and so does the end of the process. Where it is needed is told that
    it isn't there.
    """

    def work() -> None:
        with suppress(ImportError):
            importlib.import_module(module)

    threading.Thread(target=work, name="imports").start()
