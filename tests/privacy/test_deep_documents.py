"""Documents that nest more deeply than anything can walk through, and numbers that Python can't hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import batchlake
from batchlake.privacy.finder import Finder
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.numbers import keys_of
from batchlake.privacy.redaction.documents import DocumentRedactor
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from batchlake.text.nesting import MOST_LEVELS, nests_past
from tests.erasure.people import NUMBER, call, traces, write_export_of
from tests.lakes import damages, rows

DEPTHS = (1, MOST_LEVELS - 2, MOST_LEVELS - 1, MOST_LEVELS, MOST_LEVELS + 1, 200, 900)
INNERMOST = (json.dumps(f"call {NUMBER}"), NUMBER.lstrip("+"), f'{{"{NUMBER}":1}}', '"nothing"', "1")

json_values_of_any_shape = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('[]{}"\\a,:')),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('[{"\\a')), inner),
    max_leaves=20,
)


def nested(inner: str, depth: int, *, in_objects: bool = False) -> str:
    """A JSON text within so many lists, or objects."""
    opened, closed = ('{"a":', "}") if in_objects else ("[", "]")
    return opened * depth + inner + closed * depth


def depth_of(value: Any) -> int:
    """How deeply a document nests, by a walk through it."""
    if isinstance(value, dict | list):
        return 1 + max(map(depth_of, value.values() if isinstance(value, dict) else value), default=0)
    return 0


@given(json_values_of_any_shape)
def test_the_depth_of_a_text_is_that_of_its_document(document: Any) -> None:
    """Whatever brackets stand within its texts and keys."""
    text, depth = json.dumps(document), depth_of(document)
    for levels in range(depth + 2):
        assert nests_past(text, levels) is (depth > levels) is nests_past(text.encode(), levels)


@pytest.mark.parametrize("in_objects", [False, True])
def test_any_depth_is_redacted_and_erased(in_objects: bool) -> None:
    """No number is left, what is left is JSON, and a document that holds none stays as it is."""
    redactor = DocumentRedactor(Redactor(Rules.of(["all"]), PrivacyKey(bytes(32))))
    finder = Finder.of_values(keys_of(NUMBER), frozenset(), ())
    cleaned: tuple[Callable[[str], str | None], ...] = (redactor.json_text, finder.erased_json)
    for depth in DEPTHS:
        for inner in INNERMOST:
            deep = nested(inner, depth, in_objects=in_objects)
            for text in (deep, f'{{"campaign":"autumn","deep":{deep}}}', json.dumps([deep])):
                for clean in cleaned:
                    again = clean(text)
                    if NUMBER.lstrip("+") in text:
                        assert again is None or NUMBER.lstrip("+") not in again
                        assert again is None or json.loads(again, parse_int=str)
                    else:
                        assert again == text
                    if text[2:10] == "campaign":
                        assert again is not None
                        assert json.loads(again)["campaign"] == "autumn"


@pytest.mark.parametrize(
    "field",
    ['"contact":14155550199', '"to_number":"+14155550199"', '"name":"Ann Roe"', '"card":4111111111111111',
     '"note":"Jens Roland, call +14155550199"', '"given":{"name":"Jens Roland"}', '"seconds":12'],
)  # fmt: skip
def test_what_stands_beside_something_deep_is_redacted_as_ever(field: str) -> None:
    """By its key, as a bare number, and with the names that the record's own fields hold."""
    redactor = DocumentRedactor(Redactor(Rules.of(["all"]), PrivacyKey(bytes(32))))
    name = '"customer_name":"Jens Roland"'
    shallow, deep = (f'{{{name},{field},"own":{nested("1", depth)}}}' for depth in (1, MOST_LEVELS))
    wanted = json.loads(redactor.json_text(shallow), object_pairs_hook=list)
    found = json.loads(redactor.json_text(deep), object_pairs_hook=list)
    assert found[:-1] == wanted[:-1]
    assert redactor.names_of_text(deep) == redactor.names_of_text(shallow)
    untouched = f'{{"seconds": 12, "own": {nested("1", MOST_LEVELS)}}}'
    assert redactor.json_text(untouched) == untouched


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calls with an own field of every depth, and of numbers without end."""
    folder = tmp_path_factory.mktemp("deep")
    own = [nested(inner, depth) for depth in DEPTHS for inner in INNERMOST]
    own += ["1" * 5_000, "-1e999", "[1e999]", f'["{NUMBER}",{"7" * 5_000}]']
    path = write_export_of(
        folder, [call(100 + place, own="@", campaign="autumn") for place in range(len(own))]
    )
    (file,) = [path] if path.is_file() else path.iterdir()
    text = file.read_text()
    for one in own:
        text = text.replace('"@"', one, 1)
    file.write_text(text)
    return file


def test_an_ingest_redacts_any_depth(export: Path, tmp_path: Path) -> None:
    """No number is stored; each own field is JSON that can be asked for."""
    lake = batchlake.open(tmp_path / "lake")
    report = lake.ingest(export, redact=["phone"], region="US")
    assert report.problems == 0
    assert traces((NUMBER, NUMBER.lstrip("+")), lake.root) == []
    assert damages(lake.root) == []
    for row in rows(lake.root, "select call_id, extra from calls"):
        assert set(json.loads(row["extra"], parse_int=str)) >= {"own", "campaign"}
        assert lake.call(row["call_id"]).call.extra is not None


def test_a_person_is_forgotten_from_any_depth(export: Path, tmp_path: Path) -> None:
    """The other own fields stay."""
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(export)
    assert traces((NUMBER.lstrip("+"),), lake.root)
    report = lake.forget(values=[NUMBER.lstrip("+"), NUMBER], expect="any")
    assert report.verification is not None
    assert report.verification.hits == []
    assert traces((NUMBER.lstrip("+"),), lake.root) == []
    assert damages(lake.root) == []
    kept = rows(lake.root, "select distinct json_extract_string(extra, '$.campaign') as campaign from calls")
    assert kept == [{"campaign": "autumn"}]
