"""Every column of every table is cleaned, or is known to hold no value and why."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pytest

from batchlake.erasure.redacting.rows import RowRedactor
from batchlake.erasure.rewrite import ERASED_TABLES
from batchlake.erasure.rows import Changes, RowCleaner
from batchlake.erasure.targets import Targets
from batchlake.privacy.finder import Finder
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.numbers import keys_of
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from batchlake.schema import TABLES, Table
from tests.erasure.people import NUMBER

KEY = PrivacyKey(bytes(range(32)))
MENTION = f"for {NUMBER}"

HOLD_NONE = {
    "source": "the name that a person gives the platform or account",
    "export_id": "a digest of a whole file", "etag": "an object's tag, or a file's size and time",
    "run_id": "ours", "first_run_id": "ours", "last_run_id": "ours",
    "speaker": "one of three words", "text_key": "follows from the text",
    "problem_id": "a digest; made anew with its row", "level": "one of three words", "code": "a word of ours",
}  # fmt: skip
"""Columns of text that are left, and what they hold instead."""

WORDS_OF_A_LIST = {"currency", "outcome"}
"""Columns that a redaction leaves: their words are read from a list."""

OWN_TABLES = {"runs", "tombstones", "erasures"}
"""Tables that hold counts, keyed digests and sentences of ours."""


def _row(table: Table) -> pa.Table:
    """A row that holds the mention in each column that can hold a text."""
    kinds: dict[str, Any] = {
        "VARCHAR": pa.string(), "DOUBLE": pa.float64(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_(),
        "TIMESTAMPTZ": pa.timestamp("us", "UTC"), "DECIMAL(18,6)": pa.decimal128(18, 6),
        "MAP(VARCHAR, TIMESTAMPTZ)": pa.map_(pa.string(), pa.timestamp("us", "UTC")),
    }  # fmt: skip
    made = {}
    for column in table.columns:
        value: Any = None
        if column.type == "VARCHAR":
            value = {"speaker": "human", "direction": "outbound"}.get(column.name, MENTION)
        elif column.type.startswith("MAP"):
            value = [(MENTION, None)]
        elif column.name == "position":
            value = 1
        made[column.name] = pa.array([value], kinds[column.type])
    return pa.table(made)


def test_every_table_is_erased_from_or_is_ours() -> None:
    """A new table has to say which."""
    assert {table.name for table in ERASED_TABLES} | OWN_TABLES == set(TABLES)
    assert len(HOLD_NONE) == len(set(HOLD_NONE) & {c.name for t in TABLES.values() for c in t.columns})


@pytest.mark.parametrize("table", ERASED_TABLES, ids=[table.name for table in ERASED_TABLES])
def test_a_mention_in_any_column_is_replaced(table: Table) -> None:
    """Planted in every column of text, keys of maps too: nothing is left but where no value can be."""
    finder = Finder.of_values(keys_of(NUMBER), frozenset(), ())
    targets = Targets((), 0, keys_of(NUMBER), finder)
    pair = ("for +14155550199", MENTION)
    renamed = {"call_id": {pair: "erased_1"}, "batch_id": {pair: "erased_2"}}
    again = RowCleaner(targets, "remove", KEY, renamed, Changes()).cleaned(table, _row(table))
    left = [name for name in again.column_names if NUMBER in repr(again[name].to_pylist())]
    assert set(left) <= set(HOLD_NONE), left


@pytest.mark.parametrize("table", ERASED_TABLES, ids=[table.name for table in ERASED_TABLES])
def test_a_value_in_any_column_is_redacted(table: Table) -> None:
    """The same where a lake is redacted: classes in texts, pseudonyms in ids."""
    redactor = Redactor(Rules.of(["all"], "US"), KEY)
    pair = (MENTION, MENTION)
    renamed = {"call_id": {pair: "call_1"}, "batch_id": {pair: "batch_1"}}
    cleaner = RowRedactor(redactor, defaultdict(frozenset), renamed, Changes())
    again = cleaner.cleaned(table, _row(table))
    left = [name for name in again.column_names if NUMBER in repr(again[name].to_pylist())]
    assert set(left) <= set(HOLD_NONE) | WORDS_OF_A_LIST, left
