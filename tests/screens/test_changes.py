"""Groups compared, on the screen: each figure and its change are those of JSON, whatever each side lacks."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batchlake
from tests.command import run
from tests.effort import examples
from tests.lakes import write_export
from tests.screens.reading import says, says_money

_FIGURES: Final = {
    "calls": ("statistics.total_calls", ""),
    "success": ("rates.completed_of_total", "%"),
    "avg call": ("duration.mean", "s"),
    "median": ("duration.median", "s"),
}
_COSTS: Final = {
    "cost": "cost.currencies.total",
    "per completed": "cost.currencies.per_completed_call",
    "per minute": "cost.currencies.per_minute",
}

_CALL = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["completed", "failed"]),
        "agent_id": st.sampled_from(["ann", "bea", "cid"]),
        "batch_id": st.sampled_from(["b1", "b2"]),
    },
    optional={
        "duration": st.sampled_from([0, 12.5, 59.97, 89.5, 3600]),
        "cost": st.sampled_from(["0.0004", "1.235", "-0.25", "12.50"]),
        "currency": st.sampled_from(["EUR", "USD", "GBP"]),
    },
)


def pairs(lines: list[str]) -> dict[str, dict[str, tuple[list[str], list[str]]]]:
    """By group and heading the lines of a figure and of its change, which stands right of it."""
    rule = next(number for number, line in enumerate(lines) if line.startswith("──"))
    spans, at = [], 0
    for mark in lines[rule].split("  "):
        spans.append((at, at + len(mark)))
        at += len(mark) + 2
    heads = [lines[rule - 1][begin:end].strip() for begin, end in spans]
    rows: dict[str, list[list[str]]] = {}
    name = ""
    for line in lines[rule + 1 :]:
        cells = [line[begin:end].strip() for begin, end in spans]
        # A row that goes on has no name of its own.
        name = cells[0] or name
        row = rows.setdefault(name, [[] for _ in spans])
        for cell, found in zip(row, cells, strict=True):
            cell += [found] if found else []
    return {
        name: {
            heads[place]: (row[place], row[place + 1])
            for place in range(1, len(heads) - 1)
            if heads[place + 1] == "change"
        }
        for name, row in rows.items()
    }


def check(lake: Path) -> None:
    """Every group of either batch, and every currency of either, beside the JSON of the same question."""
    asked = ("analytics", "--by", "agent", "--batch", "b1", "--compare", "b2")
    done = run(*asked, "--json", lake=lake)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout, parse_float=str)
    shown = pairs(run(*asked, "--wide", lake=lake).stdout.splitlines())
    groups = {one["keys"]["agent"]: one["differences"] for one in found["groups"]}
    assert set(shown) == {*groups, "all"}
    for name, differences in (*groups.items(), ("all", found["differences"])):
        by_figure = defaultdict(list)
        for one in differences:
            by_figure[one["figure"]].append(one)
        for head, (figure, unit) in _FIGURES.items():
            (value,), (change,) = shown[name][head]
            (one,) = by_figure[figure] or [{"this": {"value": None}, "difference": None}]
            assert says(value, one["this"]["value"], unit=unit), (name, head, value, one)
            if unit == "%" and one["difference"] is not None:
                points = Decimal(change.removesuffix(" points").replace("−", "-"))
                assert abs(points - 100 * Decimal(one["difference"])) <= Decimal("0.05")
            else:
                assert says(change.removeprefix("+"), one["difference"], unit=unit), (name, head, change, one)
        for head, figure in _COSTS.items():
            value_lines, change_lines = shown[name][head]
            told = by_figure[figure]
            known = [
                one for one in told if one["this"]["value"] is not None or one["other"]["value"] is not None
            ]
            assert says_money(
                [line for line in value_lines if not line.startswith("–")],
                [(one["this"]["value"], one["currency"]) for one in told],
            )
            assert says_money(
                [line.removeprefix("+") for line in change_lines if not line.startswith("–")],
                [(one["difference"], one["currency"]) for one in told],
            )
            # What only the other side has is named too, in the lines of both cells.
            for lines in (value_lines, change_lines) if known else ():
                assert sorted(line.partition(" ")[2] for line in lines) == sorted(
                    one["currency"] or "" for one in known
                )


@given(st.lists(_CALL, min_size=1, max_size=9))
@settings(max_examples=examples(2))
def test_changes_on_the_screen_are_those_of_json(calls: list[dict[str, Any]]) -> None:
    """Groups of one side alone, currencies of one side alone, sides without a value."""
    with tempfile.TemporaryDirectory() as folder:
        named = [{"id": f"c{number}", **call} for number, call in enumerate(calls)]
        lake = Path(folder) / "lake"
        # The other batch is there, whether or not a call is of it.
        empty = {"batch": {"id": "b2", "status": "queued", "calls": []}}
        exports = [
            write_export(Path(folder), name, told)
            for name, told in (("calls.json", {"calls": named}), ("b2.json", empty))
        ]
        batchlake.open(lake).ingest(*exports)
        check(lake)


@pytest.fixture(scope="module")
def two_batches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann costs euros now and pounds before, Bea calls now alone, Cid before alone."""
    folder = tmp_path_factory.mktemp("changes")
    named = [
        {"id": f"c{number}", "batch_id": batch, "agent_id": agent, "status": "completed", "duration": 60,
         "cost": cost, "currency": currency, "start_time": f"2026-11-{10 + number}T10:00:00Z"}
        for number, (batch, agent, cost, currency) in enumerate(
            [("b1", "ann", "2", "EUR"), ("b1", "ann", "3", "USD"), ("b1", "bea", "4", "EUR"),
             ("b2", "ann", "1", "USD"), ("b2", "ann", "8", "GBP"), ("b2", "cid", "9", "EUR")]
        )
    ]  # fmt: skip
    batchlake.open(folder / "lake").ingest(write_export(folder, "calls.json", {"calls": named}))
    return folder / "lake"


_ASKED = ("analytics", "--by", "agent", "--batch", "b1", "--compare", "b2")


def test_what_only_the_earlier_selection_has_is_shown(two_batches: Path) -> None:
    """Its currencies have a line, its groups a row; what the other side lacks is `–`."""
    check(two_batches)
    done = run(*_ASKED, "--columns", "calls,cost", lake=two_batches)
    assert done.stdout.splitlines()[2:] == [
        "ann        2       0  2.00 EUR      – EUR",
        "                      3.00 USD  +2.00 USD",
        "                         – GBP      – GBP",
        "bea        1      +1  4.00 EUR      – EUR",
        "cid        0      −1     – EUR      – EUR",
        "all        3       0  6.00 EUR  −3.00 EUR",
        "                      3.00 USD  +2.00 USD",
        "                         – GBP      – GBP",
    ]


def test_columns_order_and_limit_count_in_comparisons(two_batches: Path) -> None:
    """A figure that is named brings its change; `--sort` takes changes too, and what it names is shown first;
    one without a value comes last."""
    shown = run(*_ASKED, "--columns", "cost_change", lake=two_batches).stdout.splitlines()
    assert shown[0].split() == ["agent", "change"]
    shown = run(*_ASKED, "--sort", "-calls_change", "--limit", "2", lake=two_batches).stdout.splitlines()
    assert shown[0].split()[:4] == ["agent", "calls", "change", "success"]
    assert [line[:3] for line in shown[2:] if line[:3].strip()] == ["bea", "ann"]
    for asked in ("engagement", "-engagement_change"):
        shown = run(*_ASKED, "--sort", asked, lake=two_batches).stdout.splitlines()
        assert shown[0].split()[:3] == ["agent", "engagement", "change"]
    help_lines = run(*_ASKED, "--columns", "help", lake=two_batches).stdout.splitlines()
    assert {"agent", "calls  (total_calls)", "cost_change", "p95_change"} <= set(help_lines)
    wrong = run(*_ASKED, "--columns", "cots", lake=two_batches)
    assert (wrong.returncode, "Did you mean cost?" in wrong.stderr) == (2, True)
    plain = run(*_ASKED, "--csv", "--columns", "agent,figure,other", "--sort", "-other", lake=two_batches)
    assert plain.stdout.splitlines()[0] == "agent,figure,other"


def test_a_comparison_takes_columns_and_limits(two_batches: Path) -> None:
    """Without groups it has columns of its own; figures stand one below the other with -x."""
    asked = ("analytics", "--batch", "b1", "--compare", "b2")
    shown = run(*asked, "--columns", "figure,change", "--limit", "1", lake=two_batches)
    assert shown.stdout.splitlines()[3:] == [
        "figure   change", "───────  ──────────", "success  0.0 points",
    ]  # fmt: skip
    assert "Only 1 of" in shown.stderr
    below = run(*asked, "-x", lake=two_batches).stdout
    assert "─ success\nthis    100.0 %\nother   100.0 %\n" in below
    assert run(*asked, "--columns", "help", lake=two_batches).stdout.split()[0] == "figure"
    wrong = run(*asked, "--columns", "chanc", lake=two_batches)
    assert (wrong.returncode, "Did you mean chance?" in wrong.stderr) == (2, True)
    sorted_by = run(*asked, "--sort", "change", lake=two_batches)
    assert (sorted_by.returncode, "--sort goes with --by" in sorted_by.stderr) == (2, True)


def test_days_of_two_periods_have_no_counterpart(two_batches: Path) -> None:
    """A note tells which groups have one; steps stand in their order."""
    asked = ("analytics", "--since", "2026-11-13", "--until", "2026-11-16", "--compare", "previous")
    done = run(*asked, "--by", "day", lake=two_batches)
    assert [line[:6] for line in done.stdout.splitlines()[2:] if line[:6].strip()] == [
        "10 Nov", "11 Nov", "12 Nov", "13 Nov", "14 Nov", "15 Nov", "all   ",
    ]  # fmt: skip
    assert (
        "No day is in both periods: --by weekday or --by hour_of_day compares like with like." in done.stderr
    )
    for other in ("weekday", "month"):
        assert "No " not in run(*asked, "--by", other, lake=two_batches).stderr.replace("No room", "")


def test_columns_besides_the_usual_ones_are_shown(two_batches: Path) -> None:
    """`+median` with groups, as with other rows; a name twice, or half of them with +, is refused."""
    done = run("analytics", "--by", "agent", "--columns", "+engagement", lake=two_batches)
    head = done.stdout.splitlines()[0].split()
    assert (head[:3], head[-1]) == (["agent", "calls", "success"], "engagement")
    for wrong in ("calls,calls", "+median,calls"):
        assert run("analytics", "--by", "agent", "--columns", wrong, lake=two_batches).returncode == 2
    assert run("analytics", "--by", "", lake=two_batches).returncode == 2


def test_a_field_of_ones_own_is_suggested_by_its_full_name(tmp_path: Path) -> None:
    """`--by campaign` where the exports have one in `extra`; of a name that nothing has, nothing is said."""
    call = {"id": "c1", "batch_id": "b1", "status": "completed", "campaign": "autumn", "sub-class": "x"}
    batchlake.open(tmp_path / "lake").ingest(write_export(tmp_path, "calls.json", {"calls": [call]}))
    wrong = run("analytics", "--by", "campaign", lake=tmp_path / "lake")
    assert wrong.returncode == 2
    assert "Did you mean `extra.campaign`?" in wrong.stderr
    # A column is found by a name with a dash of its own, and by a short name in rows for programs, too.
    for form, head in (("table", "extra.sub-class  positive"), ("csv", "extra.sub-class,positive")):
        asked = ("--by", "extra.sub-class", "--columns", "extra.sub-class,positive", "--format", form)
        assert run("analytics", *asked, lake=tmp_path / "lake").stdout.startswith(head)
    assert "Did you mean" not in run("analytics", "--by", "it's", lake=tmp_path / "lake").stderr
    with pytest.raises(batchlake.InvalidRequest) as caught:
        batchlake.open(tmp_path / "lake").analytics(by="campaign")
    assert caught.value.nearest == ["extra.campaign"]
