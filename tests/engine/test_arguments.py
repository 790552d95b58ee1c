"""What is given to the Python API: of another kind, it is told where it is given."""

from __future__ import annotations

import inspect
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.errors import BatchlakeError, InvalidRequest
from batchlake.lake import Lake
from batchlake.query.rows import RowOptions

OTHER = object()
"""Of no kind that any argument is."""

NEEDED: dict[str, list[Any]] = {
    "answer": ["sync/lake_counts"], "at": ["now"], "batch": ["b"], "call": ["c"],
    "plain": ["calls", RowOptions()], "progress": ["b"], "redact": [["phone"]], "said": ["hello"],
    "selected_filter": [None], "shown": ["calls", RowOptions()], "sql": ["select 1"],
    "write_batch": [io.BytesIO(), "b"],
}  # fmt: skip
"""What a method can't be asked without."""

SPARK = {"on_spark", "on_cluster"}


def arguments() -> Iterator[tuple[str, str]]:
    """Every argument of every public method of a lake, by the method's name and its own."""
    for name, method in inspect.getmembers(Lake, inspect.isfunction):
        if not name.startswith("_") and name not in SPARK:
            for parameter in list(inspect.signature(method).parameters.values())[1:]:
                if parameter.kind is not parameter.VAR_KEYWORD:
                    yield name, parameter.name


def ask(lake: Lake, method: str, argument: str, value: Any) -> Any:
    """Ask with one argument of this value, and read what is answered."""
    asked = getattr(lake, method)
    given, named = list(NEEDED.get(method, [])), {}
    parameters = list(inspect.signature(asked).parameters.values())
    place = [one.name for one in parameters].index(argument)
    if parameters[place].kind is inspect.Parameter.VAR_POSITIONAL:
        given = [value]
    elif place < len(given):
        given[place] = value
    else:
        named[argument] = value
    answer = asked(*given, **named)
    return list(answer) if isinstance(answer, batchlake.Result) else answer


def test_an_argument_of_another_kind_is_told(sample_lake: Lake) -> None:
    """Each argument of each method: one of batchlake's errors, with the argument or what it was given."""
    asked = list(arguments())
    assert len(asked) > 100
    for method, argument in asked:
        with pytest.raises(BatchlakeError) as raised:
            ask(sample_lake, method, argument, OTHER)
        assert argument in str(raised.value) or "object" in str(raised.value), (method, argument)


@pytest.mark.parametrize(
    ("method", "argument", "value", "said"),
    [
        ("ingest", "source", 5, "ingest() takes `source` as text such as \"retell\", or None, not 5."),
        ("ingest", "dry_run", "no", "ingest() takes `dry_run` as True or False, not 'no'."),
        ("compact", "wait_seconds", float("nan"), "compact() takes `wait_seconds` as a number of seconds"),
        ("compact", "wait_seconds", True, "not True."),
        ("vacuum", "keep_for", 7, "`keep_for` as a length such as timedelta(days=7), not 7."),
        ("said", "text", "\udcff", "it holds half a character."),
        ("forget", "values", ["Ada", "\udcff"], "forget() takes `values` as text, or several in a list"),
        ("forget", "extra", [("a", 1)], "forget() takes `extra` as values by name"),
        ("redact", "rules", [","], "can't be redacted"),
        ("ingest", "region", "US", "a region is of no use without kinds"),
        ("answer", "name", "screens/curencies", "Did you mean 'screens/currencies'?"),
        ("answer", "name", "../sql/screens/currencies", "no query '../sql/screens/currencies'"),
        ("answer", "name", "analytics/counts", "over the tables alone"),
        ("contacts", "min_attempts", 1.5, "min_attempts is how often a number was tried, not 1.5."),
    ],
)  # fmt: skip
def test_it_says_which_and_what_it_takes(
    tmp_path: Path, method: str, argument: str, value: Any, said: str
) -> None:
    """Before a lake is looked for: there is none here."""
    with pytest.raises(InvalidRequest) as raised:
        ask(batchlake.open(tmp_path / "lake"), method, argument, value)
    assert said in str(raised.value)
