"""Where a report's figures come from: the lake's state, the exports' problems, and what is not counted.

Input: a subject and a version of the lake. Output: the problems of the exports and the report's footer.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.filters.model import ALL
from batchlake.filters.selection import select
from batchlake.reports.contents.subject import NAMED_BATCHES, Subject
from batchlake.reports.model import ExportProblem, LeftOut, Problems, Provenance
from batchlake.store.ledger import Version
from batchlake.version import VERSION

MOST_LISTED: Final = 30
"""How many groups of problems a report lists."""

_UNUSED: Final[tuple[tuple[str, Literal["files", "records", "values"], str], ...]] = (
    ("file", "files", "could not be read to their end"),
    ("record", "records", "are neither a call nor a batch, or could not be read"),
    ("field", "values", "could not be read as what they should be, and count as unknown"),
)


def extent(engine: Engine, subject: Subject) -> dict[str, Any]:
    """The row of `sql/reports/extent.sql`: calls held and selected, and when the first and last were."""
    return engine.row(subject.selection.over(sql_files.load("reports/extent").text), subject.selection.params)


def problems(engine: Engine, subject: Subject) -> list[ExportProblem]:
    """Problems by export and kind, the most frequent first: of the named batches' exports, else of all."""
    if subject.named:
        of_batches = sql_files.load("reports/problems_of_batches").text
        selected, params = f"{NAMED_BATCHES},\nselected_problems as ({of_batches}\n)", subject.named_rows()
    else:
        selected, params = "selected_problems as (select * from problems)", None
    rows = engine.rows(
        f"with {selected}\nselect * from ({sql_files.load('reports/problem_counts').text}\n)"
        " order by problems desc, export, level, code, field",
        {"named": params} if params else None,
    )
    return [ExportProblem(**row) for row in rows]


def listed(found: list[ExportProblem]) -> Problems:
    """The problems as far as a report lists them."""
    return Problems(
        total=sum(one.problems for one in found),
        groups=found[:MOST_LISTED],
        left_out=max(len(found) - MOST_LISTED, 0),
    )


def provenance(
    engine: Engine,
    lake: str,
    version: Version,
    subject: Subject,
    timezone: str,
    counted: dict[str, Any],
    found: list[ExportProblem],
) -> Provenance:
    """The footer; `counted` is the `extent`, `found` are the `problems`."""
    return Provenance(
        lake=lake,
        run_id=version.run_id,
        run_finished_at=version.finished_at,
        selection=subject.selection.description,
        timezone=timezone,
        calls_held=counted["calls_held"],
        calls_selected=counted["calls_selected"],
        left_out=[*_calls_left_out(engine, subject, counted), *_rows_left_out(found)],
        batchlake_version=VERSION,
    )


def _calls_left_out(engine: Engine, subject: Subject, counted: dict[str, Any]) -> list[LeftOut]:
    held, selected = counted["calls_held"], counted["calls_selected"]
    within = held
    reasons = []
    if subject.named:
        batches = "the batch" if len(subject.named) == 1 else "the batches"
        within = selected
        if subject.filter != ALL:
            within = sum(_calls_of(engine, batch) for batch in subject.named)
        reasons.append((held - within, f"do not belong to {batches}"))
    reasons.append((within - selected, "do not match the filter"))
    return [LeftOut(count=count, unit="calls", why=why) for count, why in reasons if count]


def _calls_of(engine: Engine, batch: tuple[str, str]) -> int:
    selection = select(batch=batch)
    found = engine.row(selection.over("select count(*) as calls from selected_calls"), selection.params)
    return int(found["calls"])


def _rows_left_out(found: list[ExportProblem]) -> list[LeftOut]:
    counts = {level: sum(one.problems for one in found if one.level == level) for level, _, _ in _UNUSED}
    return [LeftOut(count=counts[level], unit=unit, why=why) for level, unit, why in _UNUSED if counts[level]]
