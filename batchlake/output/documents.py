"""Documents to a file: models and plain values, as JSON or as tables for people.

Input: a pydantic model, a mapping, or a sequence of them. Output: bytes. As JSON, money is text, times are
RFC 3339 in UTC, and there is no NaN. As a table, a document is its values by name, objects indented, and
several objects of one kind as a table, or one below the other where they hold tables themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Final, TypeAlias

from batchlake.errors import InvalidRequest
from batchlake.output.formats import DOCUMENT_FORMATS
from batchlake.text.escaping import printable
from batchlake.text.table import Grid
from batchlake.text.terminal import display_width
from batchlake.text.values import NULL, json_text, plain, text

if TYPE_CHECKING:
    from pydantic import BaseModel

    Document: TypeAlias = BaseModel | Mapping[str, Any] | Sequence["Document"]

_INDENT: Final = "  "
_MOST_IN_A_CELL: Final = 2


def write_document(
    document: Document,
    document_format: str,
    file: IO[bytes],
    *,
    width: int | None = None,
    colour: bool = False,
) -> str:
    """Write one document.

    Args:
        document: what to write.
        document_format: one of `DOCUMENT_FORMATS`.
        file: where to; errors of writing pass through.
        width: of the terminal, for a table that goes to one.
        colour: whether a table may use colours.

    Returns:
        What was left out, in sentences for people; empty where nothing was.

    Raises:
        InvalidRequest: there is no such format.
    """
    value = plain_document(document)
    if document_format == "json":
        file.write(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2).encode() + b"\n")
        return ""
    if document_format != "table":
        raise InvalidRequest(
            f"unknown format {document_format!r}. Give one of {', '.join(DOCUMENT_FORMATS)}."
        )
    layout = _Layout(width, colour)
    for line in layout.lines(value, ""):
        file.write(f"{line}\n".encode())
    return " ".join(dict.fromkeys(layout.notes))


def plain_document(document: Any) -> Any:
    """The document in JSON's types."""
    # Importing pydantic to ask whether this is a model takes longer than most queries.
    if hasattr(document, "model_dump"):
        return plain(document.model_dump(mode="json"))
    if isinstance(document, Mapping):
        return {str(key): plain_document(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [plain_document(item) for item in document]
    return plain(document)


class _Layout:
    """A document as lines to read."""

    def __init__(self, width: int | None, colour: bool) -> None:
        self._width = width
        self._colour = colour
        self.notes: list[str] = []

    def lines(self, value: Any, indent: str) -> Iterator[str]:
        if _is_table_by_name(value):
            yield from self._table([{"": name} | item for name, item in value.items()], indent)
        elif isinstance(value, dict):
            yield from self._object(value, indent)
        elif _is_table(value) and any(map(_holds_table, value)):
            yield from self._one_by_one(value, indent)
        elif _is_table(value):
            yield from self._table(value, indent)
        else:
            yield f"{indent}{_shown(value)}"

    def _one_by_one(self, values: list[dict[str, Any]], indent: str) -> Iterator[str]:
        """Objects that hold tables, which fit in no cell: one below the other."""
        for number, value in enumerate(values):
            if number:
                yield ""
            yield from self._object(value, indent)

    def _object(self, value: dict[str, Any], indent: str) -> Iterator[str]:
        """Values that fit on a line first in their order, each name as wide as the widest."""
        short = {name: item for name, item in value.items() if not _is_long(item)}
        widest = max(map(display_width, short), default=0)
        for name, item in value.items():
            if name in short:
                blank = " " * (widest - display_width(name))
                yield f"{indent}{name}{blank}{_INDENT}{_shown(item)}"
            else:
                yield f"{indent}{name}"
                yield from self.lines(item, indent + _INDENT)

    def _table(self, value: list[dict[str, Any]], indent: str) -> Iterator[str]:
        rows = [_flat(item) for item in value]
        names = list(dict.fromkeys(name for row in rows for name in row))
        width = None if self._width is None else max(1, self._width - len(indent))
        grid = Grid(names, width=width, colour=self._colour)
        for line in grid.lines([row.get(name) for name in names] for row in rows):
            yield f"{indent}{line}"
        self.notes += grid.notes()


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """An object's values by their path: `cost.total`."""
    found: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, dict) and item:
            found |= _flat(item, f"{prefix}{name}.")
        else:
            found[prefix + name] = item
    return found


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _holds_table(value: dict[str, Any]) -> bool:
    """Whether it holds a table that fits in no cell; one of two columns (currency, total) does."""
    return any(
        (_is_table(item) and any(len(row) > _MOST_IN_A_CELL for row in item))
        or (isinstance(item, dict) and _holds_table(item))
        for item in value.values()
    )


def _is_table_by_name(value: Any) -> bool:
    """Whether these are several objects with the same keys and short values, as the rates are."""
    if not isinstance(value, dict) or len(value) < 2:
        return False
    items = list(value.values())
    return all(
        isinstance(item, dict)
        and item
        and item.keys() == items[0].keys()
        and not any(map(_is_long, item.values()))
        for item in items
    )


def _is_long(value: Any) -> bool:
    return (isinstance(value, dict) and bool(value)) or _is_table(value)


def _shown(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) if value else "none"
    if isinstance(value, dict):
        return json_text(value)
    return printable(text(value))
