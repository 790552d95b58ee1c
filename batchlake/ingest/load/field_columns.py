"""The fields of decoded records as columns of text: which of several spellings gives a column, and what the
others say.

Input: the values by their path, and the platform's list of fields. Output: a column of text for each field
that any of the records has. The first path with a value gives it; other values that differ go to the record's
`extra`, and what can't stand where it does to `faults`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import columns
from batchlake.engine.text_keys import folded_labels
from batchlake.ingest.parse.fields import CALLS, Choice, FieldList
from batchlake.ingest.parse.json_values import Number, as_json, path_key, scalar_text
from batchlake.ingest.parse.parts import Columns
from batchlake.ingest.parse.platforms.units import UNITS
from batchlake.schema import BATCHES, Table
from batchlake.schema import CALLS as CALLS_TABLE
from batchlake.text.ids import id_fault

if TYPE_CHECKING:
    import pyarrow as pa

_SURELY_IDS: Final = r"^[A-Za-z0-9_.:\-]{1,250}$"

TEXT_TYPES: Final = frozenset((str, Number, NoneType))
_TEXTS_AND_INTEGERS: Final = TEXT_TYPES | {int}
"""The types of values that are texts of a column as they are."""


@dataclass(slots=True)
class FieldColumns:
    """The fields of records as columns of text; what they lose goes to the records' `extra` and `faults`."""

    fields: FieldList
    found: Columns
    columns: dict[str, pa.StringArray] = field(default_factory=dict)
    _containers: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for choice in self.fields.choices:
            given = [
                alternative
                for alternative in choice.alternatives
                if any(path in self.found.scalars for path in alternative)
            ]
            if given:
                self.columns |= self._chosen(choice, given)
        if self.fields.kind == CALLS:
            if "batch_id" in self.columns:
                self.columns["batch_id"] = self._usable_ids("batch_id", self.columns["batch_id"])
            if "sentiment_label" in self.columns:
                self.columns["sentiment_label"] = folded_labels(self.columns["sentiment_label"])

    def _chosen(self, choice: Choice, given: Sequence[tuple[str, ...]]) -> dict[str, pa.StringArray]:
        """The columns of a choice: of the alternatives with any value, each record's first one."""
        read = [
            [
                self._converted(column, path, choice.units.get(path))
                for column, path in zip(choice.columns, alternative, strict=True)
            ]
            for alternative in given
        ]
        for path in choice.kept & self.found.scalars.keys():
            self._keep(path, [place for place, value in enumerate(self.found.scalars[path]) if _says(value)])
        chosen = dict(zip(choice.columns, read[0], strict=True))
        import pyarrow.compute as pc

        is_open = _all_null(read[0]) if len(given) > 1 else None
        for alternative, values in zip(given[1:], read[1:], strict=True):
            for column, path, later in zip(choice.columns, alternative, values, strict=True):
                taken = pc.if_else(is_open, later, chosen[column])
                chosen[column] = taken
                differs = pc.and_(later.is_valid(), pc.invert(_equal(later, taken)))
                self._keep(path, columns.places(differs).tolist())
            is_open = pc.and_(is_open, _all_null(values))
        for column, path in self._containers:
            self._note_containers(column, path, chosen[column])
        self._containers.clear()
        return chosen

    def _note_containers(self, column: str, path: str, chosen: pa.StringArray) -> None:
        """Objects and lists in the place of a text: faults, or `extra` where another path gave the text."""
        values = self.found.scalars[path]
        held = [place for place, value in enumerate(values) if isinstance(value, dict | list)]
        unread = {place for place in held if not chosen[place].is_valid}
        self.found.faults += [
            (place, column, "not_a_text", as_json(values[place])) for place in held if place in unread
        ]
        self._keep(path, [place for place in held if place not in unread])

    def _keep(self, path: str, places: Sequence[int]) -> None:
        """Put the values of a path that another was preferred to into `extra`."""
        values = self.found.scalars[path] if places else []
        name = ".".join(path_key(key) for key in path.split("."))
        for place in places:
            extra = self.found.extra[place] or {}
            self.found.extra[place] = extra | {name: as_json(values[place]).encode()}

    def _texts(self, column: str, path: str) -> pa.StringArray:
        """The values under a path as text without outer blanks, NULL where that is empty."""
        values = self.found.scalars.get(path)
        if values is None:
            return columns.texts([None] * self.found.count)
        kinds = set(map(type, values))
        if not kinds <= TEXT_TYPES:
            if _is_text(column, self.fields.kind) and not kinds.isdisjoint((dict, list)):
                self._containers.append((column, path))
                values = [None if isinstance(value, dict | list) else value for value in values]
            if kinds <= _TEXTS_AND_INTEGERS:
                values = [repr(value) if type(value) is int else value for value in values]
            else:
                values = list(map(scalar_text, values))
        return trimmed(columns.texts(values))

    def _converted(self, column: str, path: str, unit_name: str | None) -> pa.StringArray:
        """The same, converted from the path's unit; what is not of the unit is a fault."""
        texts = self._texts(column, path)
        if unit_name is None or path not in self.found.scalars:
            return texts
        unit = UNITS[unit_name]
        given = texts.to_pylist()
        read = [None if text is None else unit.convert(text) for text in given]
        if read.count(None) > texts.null_count:
            self.found.faults += [
                (place, column, unit.code, text)
                for place, text in enumerate(given)
                if text is not None and read[place] is None
            ]
        return columns.texts(read)

    def _usable_ids(self, column: str, ids: pa.StringArray) -> pa.StringArray:
        import pyarrow.compute as pc

        unsure = columns.places(
            pc.invert(pc.fill_null(pc.match_substring_regex(ids, _SURELY_IDS), columns.flags([True])[0]))
        )
        if not len(unsure):
            return ids
        values = ids.to_pylist()
        for place in unsure.tolist():
            if id_fault(values[place]):
                self.found.faults.append((place, column, "not_an_id", values[place]))
                values[place] = None
        return columns.texts(values)


def _is_text(column: str, kind: str) -> bool:
    """Whether a column is of text; of others SQL says what can't be read, and why."""
    table: Table = CALLS_TABLE if kind == CALLS else BATCHES
    types = {one.name: one.type for one in table.columns}
    return types.get(column, "VARCHAR" if column in ("status", "phone_number") else "") == "VARCHAR" and (
        column not in ("currency", "direction")
    )


def _says(value: Any) -> bool:
    """Whether a decoded value is neither null nor blank text."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def _all_null(several: Sequence[pa.StringArray]) -> pa.BooleanArray:
    import pyarrow.compute as pc

    found = several[0].is_null()
    for one in several[1:]:
        found = pc.and_(found, one.is_null())
    return found


def _equal(left: pa.StringArray, right: pa.StringArray) -> pa.BooleanArray:
    import pyarrow.compute as pc

    return pc.fill_null(pc.equal(left, right), columns.flags([False])[0])


def trimmed(texts: pa.StringArray) -> pa.StringArray:
    """Texts without outer blanks, which are those of `str.strip`; NULL where nothing is left."""
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(texts)
    lengths = pc.binary_length(trimmed)
    if pc.min(lengths).as_py() != 0:
        return trimmed
    return pc.if_else(lengths.cast("bool"), trimmed, columns.nothing("string", len(trimmed)))
