"""Questions in rows, limited, sorted, compared; each way asks the same and none of the flags is forgotten."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.engine.engine import Engine
from batchlake.lake import Lake
from tests.command import run
from tests.effort import share
from tests.lakes import write_export


def rows(verb: str, lake: Lake) -> list[dict[str, str]]:
    done = run(*verb.split(), "--csv", lake=lake.root)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


@pytest.mark.parametrize(
    ("number", "family"),
    list(enumerate("calls success duration cost sentiment engagement responses patterns timeline".split())),
)
def test_each_family_by_itself_has_a_screen_and_rows(sample_lake: Lake, number: int, family: str) -> None:
    """One family alone is shown, written as rows, and compared; no other is needed for it."""
    for extra in share(([], ["--csv"], ["--compare", "batch_spring"]), number, of=3):
        done = run("analytics", "-q", "--metrics", family, *extra, lake=sample_lake.root)
        assert (done.returncode, done.stderr.strip()) == (0, ""), (family, extra)
        assert done.stdout.strip()


def test_lists_are_rows_of_their_own(sample_lake: Lake) -> None:
    """As csv responses, patterns and the timeline are a row each; with another family they are refused."""
    found = sample_lake.analytics()
    responses = rows("analytics --metrics responses", sample_lake)
    assert [(one["text"], int(one["count"])) for one in responses] == [
        (one.text, one.count) for one in found.common_responses
    ]
    patterns = rows("analytics --metrics patterns", sample_lake)
    assert {one["pattern"]: int(one["utterances"]) for one in patterns} == {
        name: one.count for name, one in found.response_patterns.utterances.patterns.items()
    }
    refused = run("analytics", "--metrics", "calls,patterns", "--csv", lake=sample_lake.root)
    assert refused.returncode == 2
    assert "ask for one of them by itself" in refused.stderr


def test_a_comparison_has_rows(sample_lake: Lake) -> None:
    """As csv a row a figure; with `--by` one for each group too; equal to those of Python."""
    asked = "analytics --batch batch_xyz789 --compare batch_spring"
    with pytest.raises(batchlake.BatchNotFound, match="Did you mean 'batch_spring'"):
        sample_lake.analytics(compare="batch_sprin", metrics="calls")
    found = sample_lake.analytics({"batch_id": "batch_xyz789"}, compare="batch_spring")
    assert found.comparison is not None
    assert found.other is not None
    assert found.other.statistics.total_calls == 3
    plain = found.comparison.to_dicts()
    written = rows(asked, sample_lake)
    assert [one["figure"] for one in written] == [one["figure"] for one in plain]
    for text, one in zip(written, plain, strict=True):
        assert (float(text["this"]) if text["this"] else None) == (
            None if one["this"] is None else float(one["this"])
        )
    by = rows(f"{asked} --by status", sample_lake)
    assert {one["status"] for one in by} >= {"completed", "failed"}
    counts = {(one["status"], one["figure"]): (one["this"], one["other"]) for one in by}
    for status in {one["status"] for one in by}:
        # A status that one of them lacks has no calls there.
        assert counts[status, "statistics.total_calls"] == tuple(
            str(len(sample_lake.calls({"batch_id": name, "status": status})))
            for name in ("batch_xyz789", "batch_spring")
        )
    assert any("0" in pair for (_, figure), pair in counts.items() if figure == "statistics.total_calls")
    document = json.loads(run(*asked.split(), "--by", "status", "--json", lake=sample_lake.root).stdout)
    assert {one["keys"]["status"] for one in document["groups"]} == {one["status"] for one in by}


def test_the_other_batch_is_asked_the_same(sample_lake: Lake) -> None:
    """Compared with a batch, the other conditions stay, and the batch alone is another."""
    wanted = {"batch_id": "batch_xyz789", "status": "completed"}
    found = sample_lake.analytics(wanted, compare="batch_spring", metrics="calls")
    assert found.other is not None
    assert found.other.statistics.total_calls == len(
        sample_lake.calls({"batch_id": "batch_spring", "status": "completed"})
    )


@pytest.mark.parametrize("verb", ["progress batch_xyz789", "audit", "analytics --by status"])
def test_a_limit_is_a_limit(sample_lake: Lake, verb: str) -> None:
    """`--limit 1` shows one row of whatever is asked."""
    done = run(*verb.split(), "--limit", "1", lake=sample_lake.root)
    assert done.returncode == 0, done.stderr
    shown = [line for line in done.stdout.splitlines() if line.strip() and not line.startswith((" ", "all "))]
    assert len(shown) == 3


def test_the_lake_is_asked_as_it_was_by_words(sample_lake: Lake) -> None:
    """`--at` takes a time in words, in the zone; before the first run it says that none had finished."""
    for moment in ("now", "0001"):
        done = run("batches", "--at", moment, lake=sample_lake.root)
        assert (done.returncode == 0) is (moment == "now")
    (first, *_) = [one["finished_at"] for one in sample_lake.runs()][::-1]
    early = (first - timedelta(days=1)).isoformat()
    assert "no run had finished at" in run("batches", "--at", early, lake=sample_lake.root).stderr
    assert len(sample_lake.at("now").calls()) == len(sample_lake.calls())


def test_groups_have_the_first_four_families_unless_more_are_asked_for(
    sample_lake: Lake, tmp_path: Path
) -> None:
    """In JSON, in rows and in Python: what isn't asked for is None and left out; `all` is every one, and a
    file of patterns asks for patterns."""
    first = ["calls", "success", "duration", "cost"]
    found = sample_lake.analytics(by="source")
    assert found.families == first
    assert (found.engagement, found.groups[0].common_responses) == (None, None)
    assert sample_lake.analytics().families == sample_lake.analytics(by="source", metrics="all").families
    document = json.loads(run("analytics", "--by", "source", "--json", lake=sample_lake.root).stdout)
    assert document["families"] == first
    assert "engagement" not in document
    assert "engagement" not in document["groups"][0]
    whole = run("analytics", "--by", "source", "--metrics", "all", "--json", lake=sample_lake.root)
    assert {"engagement", "timeline"} <= set(json.loads(whole.stdout)["groups"][0])
    (tmp_path / "words.toml").write_text('[[rule]]\npattern = "bye"\nwords = ["bye"]\n', encoding="utf-8")
    asked = ("analytics", "--by", "source", "--patterns", tmp_path / "words.toml", "--json")
    groups = json.loads(run(*asked, lake=sample_lake.root).stdout)["groups"]
    assert "bye" in groups[0]["response_patterns"]["utterances"]["patterns"]
    assert "sentiment_positive" not in rows("analytics --by source", sample_lake)[0]
    assert "sentiment_positive" in rows("analytics --by source --metrics all", sample_lake)[0]
    assert rows("analytics --by source --columns +engagement", sample_lake)[0].keys() > {"source", "calls"}


@pytest.mark.parametrize(
    ("asked", "heads"),
    [
        ("--metrics success --columns engagement", ["engagement"]),
        ("--metrics success --columns success,engagement", ["success", "engagement"]),
        (
            "--metrics success --columns +engagement",
            ["calls", "success", "completed", "failed", "engagement"],
        ),
        ("--metrics success --sort -engagement", ["calls", "success", "completed", "failed", "engagement"]),
        ("--by source --metrics success --columns source,engagement", ["source", "engagement"]),
        ("--by source --metrics success --sort -engagement", ["source", "success", "engagement"]),
    ],
)
def test_a_column_brings_its_family(sample_lake: Lake, asked: str, heads: list[str]) -> None:
    """One that is named or sorted by is shown with its values, although `--metrics` names other families."""
    done = run("analytics", *asked.split(), lake=sample_lake.root)
    assert done.returncode == 0, done.stderr
    head, _, *lines = done.stdout.splitlines()
    assert head.split() == heads
    whole = sample_lake.analytics(metrics="engagement").engagement
    assert whole is not None
    assert whole.score.mean is not None
    assert lines[-1].split()[-1] == f"{whole.score.mean:.2f}"


@pytest.mark.parametrize(
    "verb", ["analytics --by agent", "calls", "contacts", "said hello", "platforms", "audit --all"]
)
def test_every_verb_with_columns_names_them(sample_lake: Lake, verb: str) -> None:
    """`--columns help`, with blanks around it, too: a name a line, each of which can be asked for."""
    words = verb.split()
    plain, blank = (run(*words, "--columns", asked, lake=sample_lake.root) for asked in ("help", " help "))
    assert (plain.returncode, plain.stdout) == (0, blank.stdout)
    names = [line.split()[0] for line in plain.stdout.splitlines()]
    assert len(names) > 2
    chosen = run(*words, "--columns", f"+{names[0]},+{names[1]}", lake=sample_lake.root)
    assert chosen.returncode == 0, chosen.stderr


def test_an_audit_tells_the_currency_of_each_platforms_batch(tmp_path: Path) -> None:
    """Two platforms use one id for batches in two currencies: neither's amounts get the other's."""
    lake = batchlake.open(tmp_path / "lake")
    for source, currency in (("east", "EUR"), ("west", "USD")):
        call = {"id": "c", "status": "completed", "cost": "1.50", "currency": currency}
        batch = {"id": "b", "statistics": {"total_cost": "2.50"}, "calls": [call]}
        lake.ingest(write_export(tmp_path, f"{source}.json", {"batch": batch}), source=source)
    money = [one for one in rows("audit", lake) if one["unit"] == "money"]
    assert {(one["source"], one["currency"]) for one in money} == {("east", "EUR"), ("west", "USD")}
    assert {"1.00 EUR too high", "1.00 USD too high"} <= set(
        re.findall(r"\S+ \S+ too high", run("audit", lake=lake.root).stdout)
    )
    assert lake.extent()["batches"] == 2
    for verb in ("batch b", "call c"):
        shown = run(*verb.split(), "--format", "table", lake=lake.root).stdout
        assert ("EUR" in shown, "USD" in shown) == (True, False), verb


@pytest.mark.parametrize(
    "words", [("calls",), ("calls", "--csv"), ("batches", "--columns", "batch"), ("problems",), ("contacts",)]
)
def test_a_few_rows_are_not_all_rows_cut_off(
    sample_lake: batchlake.Lake, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """The limit is the query's: else all calls of a large lake would be sorted for the first few."""
    asked: list[str] = []
    query = Engine.query

    def noted(engine: Engine, sql: str, *given: Any, **how: Any) -> Any:
        asked.append(sql)
        return query(engine, sql, *given, **how)

    monkeypatch.setattr(Engine, "query", noted)
    for limit in (1, 2, 1_000):
        done = run(*words, "--limit", str(limit), lake=sample_lake.root)
        assert ("--limit N shows more" in done.stderr) == (limit < 3), done.stderr
        assert f" limit {limit + 1}" in asked[-1]


def test_contacts_by_limit_are_the_first_of_all(sample_lake: batchlake.Lake) -> None:
    """In Python and, sorted otherwise or not, at the command line."""
    everybody = sample_lake.contacts().to_dicts()
    assert len(everybody) > 4
    assert sample_lake.contacts(limit=3).to_dicts() == everybody[:3]
    with pytest.raises(batchlake.InvalidRequest, match="limit is how many rows"):
        sample_lake.contacts(limit=-1)
    for words in ("contacts", "contacts --sort number", "contacts --columns number,attempts"):
        assert rows(f"{words} --limit 3", sample_lake) == rows(words, sample_lake)[:3]
