"""The generated parts of the pages: `python -m tests.readme` rewrites them, a test compares them.

A page is a `README.md` of this repository. Between `<!-- begin: NAME -->` and `<!-- end: NAME -->` it holds
what the function of that name in `PARTS` makes. `python -m tests.readme picture` also makes the report's
picture anew, which takes Chromium.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from tests.paths import ROOT

README: Final = ROOT / "README.md"
PICTURE: Final = ROOT / ".github" / "report.png"
_PICTURE_COLOURS: Final = 48

PAGES: Final = tuple(
    sorted(
        page
        for folder in (ROOT / "batchlake", ROOT / "sql", ROOT / "tests" / "benchmarks")
        for page in folder.rglob("README.md")
    )
)
"""The pages of the rooms."""


def shell_environment(folder: Path) -> dict[str, str]:
    """Variables with which `batchlake` and the tools of this Python are found, beside the sample."""
    (folder / "sample_data").symlink_to(ROOT / "sample_data")
    (folder / "bin").mkdir()
    command = folder / "bin" / "batchlake"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m batchlake "$@"\n')
    command.chmod(0o755)
    return _variables(folder)


def _variables(folder: Path) -> dict[str, str]:
    return os.environ | {
        "PATH": os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
    }


def verbs() -> str:
    """The verbs and what they do, as `batchlake --help` lists them."""
    from batchlake.cli.main import VERBS

    rows = [f"| `{verb}` | {words} |" for verb, (_, words) in VERBS.items()]
    return "\n".join(["| verb | does |", "|---|---|", *rows])


def filters() -> str:
    """The filter's keys, from the operator table."""
    from tests.tables import reference_table

    return reference_table()


def metrics() -> str:
    """The metrics, from the headers of `sql/analytics`."""
    from tests.tables import definitions_table

    return definitions_table()


def patterns() -> str:
    """The rules of the response patterns, from `patterns.toml`."""
    from tests.tables import patterns_table

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
    """What the first ingest prints, without what changes from run to run."""
    _, shown = _kept()
    shown = re.sub(r"in \d+\.\d s", "in 0.8 s", shown)
    shown = re.sub(r"Run \S+ is committed to .*", "Run 1a2b3c is committed to lake.", shown)
    return f"```console\n$ {_INGEST}\n{shown}\n```"


_QUESTIONS_IN_SHELL: Final = (
    "batchlake analytics --by source --columns calls,success,avg_call --limit 2",
    "batchlake analytics --batch batch_xyz789 --compare batch_spring | head -6",
    'batchlake said "call me back" --limit 1',
)

_QUESTIONS_IN_PYTHON: Final = """\
import batchlake

lake = batchlake.open("lake")
for group in lake.analytics(by="source").groups[:2]:
    print(group.keys["source"], group.statistics.total_calls, group.statistics.completed,
          *(f"{cost.total} {cost.currency or ''}" for cost in group.cost.currencies))
first, second = (lake.analytics({"date_range": {"start": start, "end": end}})
                 for start, end in [("2024-01-01", "2024-01-08"), ("2024-03-18", "2024-03-25")])
print(f"{first.success_rate:.1%} of {first.statistics.total_calls}, then "
      f"{second.success_rate:.1%} of {second.statistics.total_calls}")
print(lake.calls({"text": {"contains": "call me back", "speaker": "human"}}).pl().height, "calls")
"""

_QUESTIONS_IN_SQL: Final = '''\
batchlake sql \\
  -c "select source, currency, count(*) as calls, sum(cost) as cost
      from calls group by all order by 3 desc, 2 limit 2" \\
  -c "select date_trunc('week', call_time)::date as week, count(*) as calls,
             round(avg((outcome = 'completed')::int), 3) as success_rate
      from calls where call_time is not null group by all order by all" \\
  -c "select call_id, text from utterances
      where speaker = 'human' and text ilike '%call me back%' order by call_id limit 2"'''


def shell() -> str:
    """Three questions answered in the shell."""
    shown = "\n".join(f"$ {command}\n{_in_a_lake(['sh', '-c', command])}" for command in _QUESTIONS_IN_SHELL)
    return f"```console\n{shown}\n```"


def python() -> str:
    """The same three answered in Python."""
    answer = _in_a_lake([sys.executable, "-c", _QUESTIONS_IN_PYTHON])
    return f"```python\n{_QUESTIONS_IN_PYTHON}```\n\n```text\n{answer}\n```"


def sql() -> str:
    """The same three answered in SQL."""
    return f"```console\n$ {_QUESTIONS_IN_SQL}\n{_in_a_lake(['sh', '-c', _QUESTIONS_IN_SQL])}\n```"


_INGEST: Final = "batchlake ingest sample_data/"


@cache
def _kept() -> tuple[tempfile.TemporaryDirectory[str], str]:
    """A folder with the sample and a lake of it, as long as the process lasts; what its ingest printed."""
    folder = tempfile.TemporaryDirectory()
    return folder, _output(["sh", "-c", _INGEST], Path(folder.name), shell_environment(Path(folder.name)))


def _in_a_lake(command: list[str]) -> str:
    """What a command prints that asks the sample's lake."""
    folder = Path(_kept()[0].name)
    return _output(command, folder, _variables(folder))


def _output(command: list[str], folder: Path, settings: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return "\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines())


def console() -> str:
    """A screen of the console as it is drawn at a terminal, without the times that change from run to run."""
    import batchlake
    from tests.console.terminal import CTRL_C, CTRL_D, ENTER, TAB, Terminal

    with tempfile.TemporaryDirectory() as folder:
        lake = batchlake.open(Path(_kept()[0].name) / "lake")
        terminal = Terminal(lake, Path(folder), lines=40, columns=100, NO_COLOR="1")
        terminal.ask('\\filter {"duration": {"min": 30}}', "selects all again.")
        terminal.type("select status, count(*) as calls, sum(duration_seconds) as seconds" + ENTER)
        terminal.see("...")
        terminal.ask("from selected_calls group by all order by all;", " rows, ")
        terminal.ask("select call_id, price from calls;", "There is no column")
        terminal.type("select sentiment_" + TAB)
        terminal.see("The platform's one word for it")
        screen = re.sub(r", (\d+ ms|\d+\.\d+ s)$", ", 7 ms", terminal.shown(), flags=re.MULTILINE)
        assert terminal.leave(CTRL_C + CTRL_D) == 0
    return f"```text\n{screen}\n```"


def rooms() -> str:
    """The rooms from the top down, each with what its package says of itself and its page if it has one."""
    rows = ["| room | what it is for |", "|---|---|"]
    for layer in _layers():
        for name in layer:
            module = importlib.import_module(f"batchlake.{name}")
            words = (module.__doc__ or "").strip().splitlines()[0]
            page = ROOT / "batchlake" / name / "README.md"
            rows.append(f"| {f'[`{name}`]({name}/README.md)' if page.exists() else f'`{name}`'} | {words} |")
    return "\n".join(rows)


def imports() -> str:
    """The rooms in the order in which they import one another, from the contract that checks it."""
    return " → ".join(", ".join(f"`{name}`" for name in layer) for layer in _layers())


@cache
def _layers() -> tuple[tuple[str, ...], ...]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = (one["layers"] for one in contracts["contracts"] if one["type"] == "layers")
    return tuple(tuple(layer.replace("batchlake.", "").split(" | ")) for layer in layers)


def platforms() -> str:
    """The platforms that come with batchlake: the variables that each needs, and its remarks."""
    folder = ROOT / "batchlake" / "sync" / "bundled"
    rows = ["| platform | variables it needs | described by |", "|---|---|---|"]
    for path in sorted(folder.glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        remarks = text[: text.index("\n\n")].replace("# ", "").replace("\n", " ")
        auth = tomllib.loads(text)["auth"]
        found = [auth["env"], auth.get("user_env"), *re.findall(r"\$\{(\w+)\}", text)]
        variables = ", ".join(f"`{name}`" for name in dict.fromkeys(found) if name)
        rows.append(f"| [`{path.stem}`](bundled/{path.name}) | {variables} | {remarks} |")
    return "\n".join(rows)


_SQL_FOLDERS: Final = {
    "sources": "the fields of each platform's calls and batches, and how they become ours",
    "ingest": "what the queries of an ingest share",
    "ingest/find": "which exports the lake holds",
    "ingest/load": "canonical columns to typed rows, observations and problems",
    "ingest/transcripts": "utterances, and what is wrong with them",
    "ingest/merge": "which transcripts a run writes",
    "ingest/run": "what a run did, as the lake keeps it",
    "analytics": "metrics over `selected_calls` and `selected_segments`, without parameters",
    "reports": "what reports show besides the analytics",
    "views": "what the console shows beyond the tables",
    "screens": "what is shown to people besides the analytics",
    "maintenance": "care of the lake",
    "erasure": "what an erasure leaves to a person",
    "sync": "what a pull asks the lake",
}


def files() -> str:
    """The files of `sql/`, from their own headers."""
    from batchlake.engine import sql_files

    parts = []
    for folder, words in _SQL_FOLDERS.items():
        parts.append(f"### `{folder}/`: {words}\n\n| file | what | grain | reads |\n|---|---|---|---|")
        for name in sql_files.names(folder):
            file = sql_files.load(name)
            reads = ", ".join(f"`{relation}`" for relation in file.inputs) or "nothing"
            parts.append(f"| `{name}.sql` | {file.header['what']} | {file.header['grain']} | {reads} |")
        parts.append("")
    return "\n".join(parts).rstrip()


PARTS: Final[dict[str, Callable[[], str]]] = {
    "ingest": ingest,
    "shell": shell,
    "python": python,
    "sql": sql,
    "verbs": verbs,
    "rooms": rooms,
    "imports": imports,
    "console": console,
    "filter": filters,
    "metrics": metrics,
    "patterns": patterns,
    "files": files,
    "platforms": platforms,
    "tables": tables,
}

PART: Final = re.compile(r"(<!-- begin: (\w+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def generated(text: str) -> str:
    """A page with every generated part made anew."""
    return PART.sub(lambda found: f"{found[1]}{PARTS[found[2]]()}\n{found[3]}", text)


def make_picture() -> None:
    """The report of the sample's batch as the first screen of a browser shows it."""
    from PIL import Image

    import batchlake

    with tempfile.TemporaryDirectory() as folder:
        lake = batchlake.open(Path(folder) / "lake")
        lake.ingest(ROOT / "sample_data")
        page = Path(folder) / "report.html"
        lake.report("batch_xyz789", timezone="Europe/Berlin").write(page)
        command = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1160,1232"]
        subprocess.run([*command, f"--screenshot={PICTURE}", page.as_uri()], check=True, capture_output=True)
    with Image.open(PICTURE) as picture:
        few_colours = picture.convert("RGB").quantize(_PICTURE_COLOURS)
    few_colours.save(PICTURE, optimize=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["picture"]:
        make_picture()
    for made in (README, *PAGES):
        made.write_text(generated(made.read_text(encoding="utf-8")), encoding="utf-8")
