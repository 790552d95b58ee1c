"""Hostile strings in every string position: they stay values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from batchlake.engine.engine import Engine
from batchlake.engine.text_keys import text_key
from batchlake.filters.compile import compile_filter
from batchlake.filters.parse import read_filter
from batchlake.filters.render import DIALECTS, inline, render
from batchlake.filters.selection import select
from tests.effort import share
from tests.filters import oracle
from tests.filters.tables import keys, load
from tests.paths import CASES

HOSTILE = json.loads((CASES / "filters.hostile.json").read_text(encoding="utf-8"))
UNSTARRED = [text for text in HOSTILE if "*" not in text]

POSITIONS: dict[str, Any] = {
    "source": lambda text: {"source": text},
    "batch_id": lambda text: {"batch_id": text},
    "batch_id[]": lambda text: {"batch_id": ["a", text, "z"]},
    "call_id": lambda text: {"call_id": text},
    "agent_id": lambda text: {"agent_id": text},
    "agent_id[51]": lambda text: {"agent_id": [*map(str, range(51)), f"x{text}"]},
    "sentiment.label": lambda text: {"sentiment": {"label": text}},
    "phone_number": lambda text: {"phone_number": text},
    "phone_number*": lambda text: {"phone_number": f"{text}*"},
    "phone_number[]*": lambda text: {"phone_number": [f"{text}{digit}*" for digit in "12"]},
    "text": lambda text: {"text": text},
    "text.contains": lambda text: {"text": {"contains": text, "speaker": "ai"}},
    "any[].not.text": lambda text: {"any": [{"not": {"text": text}}, {"agent_id": text}]},
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Every hostile string as the batch, agent, label, number and utterance of a call of its own."""
    engine = Engine()
    load(
        engine,
        [
            {
                "source": "svalync",
                "call_id": str(place),
                "batch_id": text,
                "agent_id": text,
                "sentiment_label": text,
                "to_number": text,
                "segments": [{"speaker": "ai", "text": text}],
            }
            for place, text in enumerate(HOSTILE)
        ],
    )
    yield engine
    engine.close()


def test_the_list_is_long_enough() -> None:
    """At least 300 different strings."""
    assert len(set(HOSTILE)) == len(HOSTILE) >= 300


@pytest.mark.parametrize("position", POSITIONS)
def test_no_string_changes_the_sql(position: str) -> None:
    """The SQL with a hostile string is the SQL with a harmless one, and the string is bound, folded where it
    is compared so: where people are to have said it, a string of punctuation alone is harmless as `?` is."""
    harmless = {}
    for text in ("x", "?"):
        chosen = read_filter(POSITIONS[position](text))
        harmless[text] = compile_filter(chosen).sql, select(chosen, batch=("s", "b")).over("select 1")
    strings = UNSTARRED if "phone" in position else HOSTILE
    for text in share(strings, list(POSITIONS).index(position), 6):
        is_said = "text" in position
        sql, over = harmless["x" if not is_said or text_key(text) else "?"]
        chosen = read_filter(POSITIONS[position](text))
        compiled = compile_filter(chosen)
        assert compiled.sql == sql
        assert select(chosen, batch=(text, text)).over("select 1") == over
        bound = (is_said and text_key(text)) or (text.lower() if "label" in position else text)
        assert any(
            bound in value for value in compiled.params.values() if isinstance(value, str | list)
        ) or any(
            bound in one for value in compiled.params.values() if isinstance(value, list) for one in value
        )


def test_each_string_finds_itself_alone(engine: Engine) -> None:
    """Bound or inlined, equality matches the one call that holds the string."""
    for place, text in enumerate(HOSTILE):
        for key in ("batch_id", "agent_id"):
            compiled = compile_filter(read_filter({key: text}))
            assert keys(engine, compiled.sql, compiled.params) == {("svalync", str(place))}, text
            assert keys(engine, inline(compiled)) == {("svalync", str(place))}, text


def test_what_is_said_has_no_wildcards(engine: Engine) -> None:
    """A hostile text, number or prefix matches where Python finds it, and nowhere else."""
    for text in UNSTARRED[::7]:
        said = compile_filter(read_filter({"text": {"contains": text, "speaker": "ai"}}))
        wanted = {
            ("svalync", str(place)) for place, held in enumerate(HOSTILE) if oracle.contains(held, text)
        }
        assert keys(engine, said.sql, said.params) == wanted, text
        assert keys(engine, inline(said)) == wanted, text
        begun = compile_filter(read_filter({"phone_number": f"{text}*"}))
        wanted = {("svalync", str(place)) for place, held in enumerate(HOSTILE) if held.startswith(text)}
        assert keys(engine, begun.sql, begun.params) == wanted, text
        assert keys(engine, inline(begun)) == wanted, text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_reads_the_strings_as_they_are(dialect: str) -> None:
    """The literals of the rendered query, parsed in its dialect, are the strings, one for one."""
    # A literal of an engine can't hold what none of its texts may hold: NUL is left to DuckDB's own test.
    texts = [text for text in HOSTILE if "\0" not in text]
    query = sqlglot.parse_one(
        render(read_filter({"agent_id": texts, "batch_id": "b"}), dialect), dialect=dialect
    )
    assert [literal.this for literal in query.find(exp.In).find_all(exp.Literal)] == texts


def test_sentences_print_safely() -> None:
    """No control character, no line end and no change of direction reaches a terminal."""
    for text in HOSTILE:
        for position in ("agent_id", "text.contains"):
            assert compile_filter(read_filter(POSITIONS[position](text))).description.isprintable()
