"""The generated parts of the README: `python -m tests.readme` rewrites them, a test compares them."""

from __future__ import annotations

import re
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.paths import ROOT

README: Final = ROOT / "README.md"


def verbs() -> str:
    """The verbs and what they do, as `batchlake --help` lists them."""
    from batchlake.cli.main import VERBS

    rows = [f"| `{verb}` | {words} |" for verb, (_, words) in VERBS.items()]
    return "\n".join(["| verb | does |", "|---|---|", *rows])


def filters() -> str:
    """The filter's keys, from the operator table."""
    from batchlake.filters.reference import reference_table

    return reference_table()


def metrics() -> str:
    """The metrics, from the headers of `sql/analytics`."""
    from batchlake.analytics.definitions import definitions_table

    return definitions_table()


def patterns() -> str:
    """The rules of the response patterns, from `patterns.toml`."""
    from batchlake.analytics.definitions import patterns_table

    return patterns_table()


def tables() -> str:
    """Tables and columns, from the schema."""
    from batchlake.ingest.parse.fields import origins
    from batchlake.schema import TABLES

    parts = []
    for table in TABLES.values():
        read = origins(table.name) if table.name in ("calls", "batches", "segments") else {}
        rows = [
            f"| `{column.name}` | {column.type} | {column.comment} | {read.get(column.name, '')} |"
            for column in table.columns
        ]
        parts.append(
            f"<details><summary><code>{table.name}</code>: {table.grain}</summary>\n\n"
            + "\n".join(["| column | type | meaning | read from |", "|---|---|---|---|", *rows])
            + "\n\n</details>"
        )
    return "\n\n".join(parts)


def ingest() -> str:
    """What the first command prints, without what changes from run to run."""
    import batchlake

    with tempfile.TemporaryDirectory() as folder:
        report = str(batchlake.open(Path(folder) / "lake").ingest(ROOT / "sample_data"))
    report = re.sub(r"in \d+\.\d s", "in 0.8 s", report)
    report = re.sub(
        r"Run \S+ is committed to .*", "Run 20240401T090000.000000Z-1a2b3c is committed to lake.", report
    )
    return f"```text\n{report}\n```"


def console() -> str:
    """A screen of the console as it is drawn at a terminal, without the times that change from run to run."""
    import batchlake
    from tests.console.terminal import CTRL_C, CTRL_D, ENTER, TAB, Terminal

    with tempfile.TemporaryDirectory() as folder:
        lake = batchlake.open(Path(folder) / "lake")
        lake.ingest(ROOT / "sample_data")
        terminal = Terminal(lake, Path(folder), lines=40, columns=100, NO_COLOR="1")
        terminal.ask('\\filter {"duration": {"min": 30}}', "selects all again.")
        terminal.type("select status, count(*) as calls, sum(duration_seconds) as seconds" + ENTER)
        terminal.see("...")
        terminal.ask("from selected_calls group by all order by all;", " in ")
        terminal.ask("select call_id, price from calls;", "line 1")
        terminal.type("select sentiment_" + TAB)
        terminal.see("The platform's one word for it")
        screen = re.sub(r"in \d+ ms|in \d+\.\d\d s", "in 7 ms", terminal.shown())
        assert terminal.leave(CTRL_C + CTRL_D) == 0
    return f"```text\n{screen}\n```"


def rooms() -> str:
    """The modules in the order in which they import one another, from the contract that checks it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = (one["layers"] for one in contracts["contracts"] if one["type"] == "layers")
    names = [layer.replace("batchlake.", "").split(" | ") for layer in layers]
    return " → ".join(", ".join(f"`{name}`" for name in several) for several in names)


PARTS: Final[dict[str, Callable[[], str]]] = {
    "ingest": ingest,
    "console": console,
    "verbs": verbs,
    "filter": filters,
    "metrics": metrics,
    "patterns": patterns,
    "tables": tables,
    "rooms": rooms,
}


def generated(text: str) -> str:
    """The README with every generated part made anew."""
    for name, make in PARTS.items():
        pattern = rf"(<!-- begin: {name} -->\n).*?(<!-- end: {name} -->)"
        found = re.search(pattern, text, re.DOTALL)
        assert found, name
        text = f"{text[: found.start()]}{found[1]}{make()}\n{found[2]}{text[found.end() :]}"
    return text


_SQL_HEAD: Final = """# The queries

Each file is one whole query with a header: what it answers, its grain, the relations it reads, the columns it
gives with their units. In `analytics/` a metric's output line is `name (unit): definition`, with
` = numerator / denominator` for ratios and means; `name: meaning` is a column that identify a row.
Files there group by `group_key` where the relation has one, else give one group.
"""

_SQL_FOLDERS: Final = {
    "sources": "the fields of each platform's calls and batches, and how they become ours",
    "ingest": "canonical columns to typed rows, observations and problems",
    "analytics": "metrics over `selected_calls` and `selected_segments`, without parameters",
    "reports": "what reports show besides the analytics",
    "views": "what the console shows beyond the tables",
    "maintenance": "care of the lake",
    "sync": "what a pull asks the lake",
}


def sql_readme() -> str:
    """`sql/README.md`, from the files' own headers."""
    from batchlake.engine import sql_files

    parts = [_SQL_HEAD]
    for folder, words in _SQL_FOLDERS.items():
        parts.append(f"## `{folder}/`: {words}\n\n| file | what | grain | reads |\n|---|---|---|---|")
        for name in sql_files.names(folder):
            file = sql_files.load(name)
            reads = ", ".join(f"`{relation}`" for relation in file.inputs) or "nothing"
            parts.append(f"| `{name}.sql` | {file.header['what']} | {file.header['grain']} | {reads} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    (ROOT / "sql" / "README.md").write_text(sql_readme(), encoding="utf-8")
    README.write_text(generated(README.read_text(encoding="utf-8")), encoding="utf-8")
