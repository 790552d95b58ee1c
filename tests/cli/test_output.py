"""Where a verb's output goes: pipes that close, files, terminals, notes; with real processes where needed."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from batchlake.lake import Lake
from tests.command import MODULE, process_environment, run, run_process
from tests.effort import some
from tests.lakes import ingested, write_export

SLOW = "select count(*) from range(100_000_000_000) t(i) where i % 7 = 3"


@pytest.fixture(scope="module")
def lake(lake: Lake) -> Path:
    """Where the small lake lies."""
    return lake.root


@pytest.mark.parametrize(
    "arguments",
    some(
        [
            "calls", "batches", "calls --format xlsx", "calls --format parquet", "sql -f script.sql", "runs",
            "metrics", "exports", "batch b1", "problems", "audit --format table", "check", "views",
            "filter schema",
        ],
        2,
    ),
)  # fmt: skip
def test_a_closed_pipe_is_quiet(lake: Path, tmp_path: Path, arguments: str) -> None:
    """A reader may stop before the first byte: status 0, no complaint."""
    (tmp_path / "script.sql").write_text("from calls", encoding="utf-8")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*MODULE, *arguments.split()], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60,
        check=False, cwd=tmp_path, env=process_environment(lake),
    )  # fmt: skip
    os.close(writing)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert done.returncode == 0, done.stderr


def test_a_statement_stands_behind_its_verb(lake: Path, tmp_path: Path) -> None:
    """In quotation marks or not; the name of a file of statements is none."""
    assert run("sql", "select 1 as a", lake=lake).stdout == "a\n─\n1\n"
    assert (
        run("sql", "select", "1", "as", "a", "-c", "select 2 as b", lake=lake).stdout
        == "b\n─\n2\n\na\n─\n1\n"
    )
    assert run("sql", f"select '{'x' * 5000}' = 'y' as a", lake=lake).stdout == "a\n─────\nfalse\n"
    script = tmp_path / "script.sql"
    script.write_text("from calls", encoding="utf-8")
    told = run("sql", str(script), lake=lake)
    assert (told.returncode, "run with -f" in told.stderr) == (2, True)
    assert run("sql", "select 1", "-f", str(script), lake=lake).returncode == 2
    for empty in (("",), ("-c", " ")):
        told = run("sql", *empty, lake=lake)
        assert (told.returncode, "the statement is empty" in told.stderr) == (2, True)


def test_a_reader_that_has_enough_ends_the_query(lake: Path) -> None:
    """Of endless rows `head` takes one, and the verb ends."""
    verb = "sql -c 'from range(100000000000)' --format csv"
    command = f"'{sys.executable}' -m batchlake {verb} --lake '{lake}' | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("range\n0\n", "")


def test_the_format_does_not_depend_on_the_terminal(lake: Path) -> None:
    """A terminal gets the same table as a pipe, coloured unless NO_COLOR says something."""
    arguments = ["-m", "batchlake", "sql", "-c", "select null as nothing, 1 as one", "--lake", str(lake)]
    piped = run_process(*arguments[2:]).stdout
    shown = {}
    for wanted in ("", "1"):
        environment = os.environ | {"NO_COLOR": wanted, "TERM": "xterm"}
        output = pexpect.run(
            f"{sys.executable} " + " ".join(f"'{word}'" for word in arguments), env=environment, timeout=60
        )
        shown[wanted] = output.decode().replace("\r\n", "\n")
    assert shown["1"] == piped == "nothing  one\n───────  ───\nNULL       1\n"
    assert "\x1b[1m" in shown[""]
    assert shown[""].replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "") == piped


def test_binary_formats_spare_the_terminal(lake: Path) -> None:
    """A Parquet file on the screen is refused with what to do instead; in a pipe it is written."""
    command = f"{sys.executable} -m batchlake calls --format parquet --lake {lake}"
    output, status = pexpect.run(command, withexitstatus=True, timeout=60)
    assert (status, b"write it with -o FILE" in output) == (2, True)


def test_notes_go_to_standard_error_and_can_be_silenced(lake: Path) -> None:
    """Truncation is announced on standard error; `-q` silences that and no error."""
    told = run("calls", "--max-rows", "1", "--format", "csv", lake=lake)
    assert told.stderr == "Only the first row is shown; --limit N shows more.\n"
    quiet = run("calls", "--max-rows", "1", "--format", "csv", "-q", lake=lake)
    assert (quiet.stdout, quiet.stderr) == (told.stdout, "")
    assert run("sql", "-q", "-c", "selec", lake=lake).stderr.startswith("batchlake: syntax error")


@pytest.mark.parametrize("verb", ["batch b1", "call c1", "analytics", "audit", "progress b1", "metrics"])
def test_documents_can_be_quiet_too(lake: Path, verb: str) -> None:
    """Every verb that answers takes `-q`."""
    done = run(*verb.split(), "-q", "--format", "json", lake=lake)
    assert (done.returncode, done.stderr) == (0, "")
    json.loads(done.stdout)


def test_several_results_stand_apart(lake: Path) -> None:
    """A blank line parts tables; of JSON lines there is nothing to part."""
    text = "select 1 as a; create temp table b as select 2 as b; from b"
    assert run("sql", "-c", text, lake=lake).stdout == "a\n─\n1\n\nb\n─\n2\n"
    assert run("sql", "--format", "ndjson", stdin=text, lake=lake).stdout == '{"a":1}\n{"b":2}\n'


def test_the_first_error_stops_the_rest(lake: Path, tmp_path: Path) -> None:
    """From a file: what stands before the error is answered, exit 1; with two sources nothing is, exit 2."""
    script = tmp_path / "script.sql"
    script.write_text("select 1 as a;\nselect 'é', nope;\nselect 3", encoding="utf-8")
    done = run("sql", "-f", script, "--format", "csv", lake=lake)
    assert (done.returncode, done.stdout) == (1, "a\n1\n")
    assert "line 2, column 13:\n  select 'é', nope;\n              ^" in done.stderr
    assert run("sql", "-f", script, "-c", "select 1", lake=lake).returncode == 2
    assert run("sql", stdin="", lake=lake).stdout == ""


FAULTY = {
    "a file that isn't there": (("sql", "-f", "nowhere.sql"), 2, "cannot read the file 'nowhere.sql'"),
    "a folder": (("sql", "-f", "."), 2, "cannot read the file '.'"),
    "a target that can't be": (("sql", "-c", "select 1", "-o", "/no/x.csv"), 2, "cannot write '/no/x.csv'"),
    "two results in a file": (
        ("sql", "-c", "select 1; select 2", "--format", "xlsx", "-o", "/dev/null"), 2, "holds one result",
    ),
    "a memory limit that is none": (
        ("sql", "-c", "select 1", "--memory", "lots"),
        2,
        "'lots' is not a usable memory limit",
    ),
    "a memory limit below nothing": (("sql", "-c", "select 1", "--memory", "-5GB"), 2, "not a usable"),
    "a memory limit of half a character": (("sql", "-c", "1", "--memory", "1\udcff"), 2, "Give a size"),
    "a column without a name": (("calls", "--columns", "+"), 2, "There is no column ''."),
    "a status of no word": (("calls", "--status", ","), 2, "status: got an empty list"),
    "columns of no name": (("calls", "--columns", ","), 2, "columns names no column"),
    "an order of no name": (("analytics", "--sort", ","), 2, "sort names no column"),
    "a zone of no text": (("calls", "--timezone", ""), 2, "--timezone was given an empty value"),
    "a value of no text": (("forget", "--value", "x", "--value", ""), 2, "--value was given an empty"),
    "values of blanks": (("forget", "--value", "x", "--value", " "), 2, "' ' names nobody"),
    "kinds of no text": (("ingest", ".", "--redact", ""), 2, "--redact was given an empty value"),
    "nobody's contact": (("forget", "--number", "+1", "--follow"), 2, "--follow is of the contacts of"),
    "nobody's line": (("forget", "--call", "c", "--own-line"), 2, "--own-line is of --number"),
    "an order without a name": (("problems", "--sort", "-"), 2, "There is no column ''."),
    "a text of half a character": (("said", "\udcff"), 2, "holds half a character"),
    "a memory limit of nothing": (("sql", "-c", "select 1", "--memory", "1KB"), 2, "memory is not enough"),
    "a limit of time": (("sql", "-c", SLOW, "--timeout", "0.2"), 4, "stopped after 0.2 s"),
    "another file": (("sql", "-c", "from read_text('/etc/passwd')"), 1, "reads only the lake's tables"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_what_goes_wrong_has_a_status_and_a_sentence(lake: Path, name: str) -> None:
    """A sentence on standard error, nothing on standard output, and never a traceback."""
    arguments, status, says = FAULTY[name]
    done = run(*arguments, lake=lake)
    assert done.returncode == status, done.stderr
    assert done.stderr.startswith("batchlake: ")
    assert says in done.stderr
    assert "bug" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        "analytics --by agent --top 3", "analytics --every week", "analytics --metrics cost --patterns p",
        "analytics --compare previous --top 3", "audit --only-differences --all", "calls --excel-safe",
        "audit --json --limit 1", "sql x --spark-master local", "sql x --engine spark --threads 2",
        "batch b --format table --include-analytics",
        "report --format csv --include-transcripts", "filter compile --inline --json",
        "filter compile --dialect spark --inline", "ingest x --region US", "pull --call c --full",
        "pull --batch b --since 1d", "redact --try x --dry-run", "erasures --region US",
        "erasures --verify --limit 3", "erasures --new-key --verify", "erasures --wait 3",
        "schedule print cron ingest x --landing y",
    ],
)  # fmt: skip
def test_an_option_without_effect_is_refused(tmp_path: Path, words: str) -> None:
    """What another option, or its absence, makes of no use is named, before a lake is looked for."""
    done = run(*words.split(), lake=tmp_path / "gone")
    assert done.returncode == 2, done.stderr
    useless = [word for word in words.split() if word.startswith("-")]
    assert any(f"{word} is of no use " in done.stderr for word in useless), done.stderr


@pytest.mark.parametrize(
    "words",
    ["report -o", "analytics --by agent -o", "batch b -o", "sql -c from_calls -o", "forget --call c --todo"],
)
def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path: Path, words: str) -> None:
    """There isn't even a lake, which would be said where it is opened."""
    done = run(*words.split(), "gone/a.json", lake=tmp_path / "gone", folder=tmp_path)
    assert done.returncode == 2
    assert "cannot write 'gone/a.json': No such file or directory. Name another" in done.stderr


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("forget", "--call", "x", "--landing", "a" * 5_000, "--dry-run"), 3, "File name too long"),
        (("status", "--landing", "a" * 5_000), 3, "Check the path and its permissions"),
        (("watch", "a" * 5_000), 3, "the system refuses the use of 'aaa"),
    ],
)
def test_what_the_system_refuses_is_no_bug(
    lake: Path, words: tuple[str, ...], status: int, says: str
) -> None:
    """A path that it doesn't take is a sentence with the next step."""
    done = run(*words, lake=lake)
    assert done.returncode == status, done.stderr
    assert says in done.stderr
    assert "bug" not in done.stderr


def test_contacts_are_sorted_by_what_they_cost(tmp_path: Path) -> None:
    """Within a currency by the amount; one whose cost nobody knows comes last in both directions."""
    costs = [("1.50", "USD"), ("12", "USD"), ("3", "EUR"), (None, None), ("2", None)]
    calls = [
        {"id": f"c{place}", "status": "busy", "direction": "outbound", "to_number": f"+1415555010{place}",
         "cost": cost, "currency": currency}
        for place, (cost, currency) in enumerate(costs)
    ]  # fmt: skip
    ingested(tmp_path / "lake", write_export(tmp_path, "a.json", calls))
    for sort, order in {"cost": "4201", "-cost": "1024"}.items():
        done = run("contacts", "--sort", sort, "--json", lake=tmp_path / "lake")
        found = [row["number"][-1] for row in json.loads(done.stdout)]
        assert "".join(one for one in found if one != "3") == order
        assert found[-1] == "3"


def test_closed_input_is_no_input(lake: Path) -> None:
    """Where standard input is closed, as under some schedulers, there is nothing to run."""
    command = f"'{sys.executable}' -m batchlake sql --lake '{lake}' <&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("words", [("calls", "--filter", "-", "--filter", "-"), ("sql", "--filter", "-")])
def test_standard_input_is_read_for_one_option_alone(lake: Path, words: tuple[str, ...]) -> None:
    """Two readers of it are refused: the second would find it empty."""
    done = run(*words, stdin="{}", lake=lake)
    assert (done.returncode, done.stdout) == (2, "")
    assert "standard input is wanted twice" in done.stderr


def test_a_prompt_needs_a_terminal_on_both_sides(lake: Path, tmp_path: Path) -> None:
    """With standard output elsewhere, what is typed until Ctrl-D is run, and data alone goes there."""
    target = tmp_path / "out.csv"
    command = f"'{sys.executable}' -m batchlake sql --format csv --lake '{lake}' > '{target}'"
    child = pexpect.spawn("sh", ["-c", command], encoding="utf-8", timeout=60)
    child.expect_exact("then Ctrl-D.")
    child.sendline("select 1 as a;")
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert target.read_text(encoding="utf-8") == "a\n1\n"


def test_ctrl_c_is_130(lake: Path) -> None:
    """A query that is interrupted ends at once, with a sentence; what was answered before stands."""
    with subprocess.Popen(
        [*MODULE, "sql", "-c", f"select 1 as a; {SLOW}", "--format", "csv", "--lake", lake],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() + process.stdout.readline() == "a\n1\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip() == "Interrupted; the lake is as it was."


def test_a_file_is_replaced_when_its_successor_is_whole(lake: Path, tmp_path: Path) -> None:
    """`-o` leaves an older file as it was when something fails, keeps its permissions, leaves no litter."""
    target = tmp_path / "out.csv"
    target.write_text("older", encoding="utf-8")
    target.chmod(0o640)
    bad = "select if(i < 100_000, i, error('boom')::int) as i from range(200_000) t(i)"
    assert run("sql", "-c", bad, "--format", "csv", "-o", target, lake=lake).returncode == 1
    assert target.read_text(encoding="utf-8") == "older"
    assert run("sql", "-c", "select 1 as a", "--format", "csv", "-o", target, lake=lake).returncode == 0
    assert target.read_text(encoding="utf-8") == "a\n1\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_links_and_devices_are_written_through(lake: Path, tmp_path: Path) -> None:
    """A link stays a link, and /dev/stdout is standard output."""
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    query = ("sql", "-c", "select 1 as a", "--format", "csv", "-o")
    assert run(*query, link, lake=lake).returncode == 0
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "a\n1\n"
    assert run_process(*query, "/dev/stdout", lake=lake).stdout == "a\n1\n"


def test_a_chart_goes_to_the_same_file(lake: Path, tmp_path: Path) -> None:
    """`progress --format table -o FILE` holds what standard output would."""
    shown = run("progress", "b1", "--format", "table", lake=lake).stdout
    run("progress", "b1", "--format", "table", "-o", tmp_path / "progress.txt", lake=lake)
    assert (tmp_path / "progress.txt").read_text(encoding="utf-8").splitlines()[:3] == shown.splitlines()[:3]


@pytest.mark.parametrize(
    ("suffix", "begins"),
    some(
        [
            (".JSON", b"[\n{"),
            (".csv", b"source,"),
            (".jsonl", b'{"source"'),
            (".txt", b""),
            (".xlsx", b"PK"),
            (".parquet", b"PAR1"),
        ],
        2,
    ),
)
def test_a_suffix_is_the_format_where_none_is_named(
    lake: Path, tmp_path: Path, suffix: str, begins: bytes
) -> None:
    """In any case of letters, for verbs and queries alike; `--format` goes before it."""
    target = tmp_path / f"calls{suffix}"
    done = run("calls", "-o", target, lake=lake)
    assert done.returncode == 0
    assert re.match(rf"Wrote \d+ rows to {re.escape(str(target))} \(.+ k?B\)\.\n", done.stderr)
    assert target.read_bytes().startswith(begins)
    assert run("calls", "-o", target, "-q", lake=lake).stderr == ""
    assert run("sql", "-c", "from calls", "-o", target, lake=lake).returncode == 0
    assert target.read_bytes().startswith(begins)
    assert run("calls", "--format", "markdown", "-o", target, lake=lake).returncode == 0
    assert target.read_bytes().startswith(b"| time")


def test_a_suffix_that_a_document_does_not_have_is_refused(lake: Path, tmp_path: Path) -> None:
    """A file that said csv and held JSON would be found out too late; one that says nothing holds JSON."""
    answer = run("batch", "b1", "-o", tmp_path / "batch.csv", lake=lake)
    assert answer.returncode == 2
    assert ".csv is for csv, and this answer is json or table." in answer.stderr
    assert not (tmp_path / "batch.csv").exists()
    for target, more in ((tmp_path / "batch.csv", ["--format", "json"]), (tmp_path / "batch", [])):
        assert run("batch", "b1", "-o", target, *more, lake=lake).returncode == 0
        assert json.loads(target.read_text(encoding="utf-8"))["batch"]["id"] == "b1"


ROWS_SUFFIXES = ".txt, .json, .ndjson, .jsonl, .csv, .md, .markdown, .parquet, .xlsx"
UNKNOWN = {
    "calls": ROWS_SUFFIXES,
    "sql -c 'select 1'": ROWS_SUFFIXES,
    "problems": ROWS_SUFFIXES,
    "analytics": ROWS_SUFFIXES,
    "metrics": ROWS_SUFFIXES,
    "report b1": ".html, .htm, .pdf, .xlsx, .csv, .json, .md, .markdown",
    "views": ".sql",
}


@pytest.mark.parametrize("verb", UNKNOWN)
def test_a_suffix_that_stands_for_no_format_is_refused(lake: Path, tmp_path: Path, verb: str) -> None:
    """The complaint lists those that do, and there is no file; with --format any name will do."""
    target = tmp_path / "out.csv.gz"
    done = run(*shlex.split(verb), "-o", target, lake=lake)
    assert (done.returncode, target.exists()) == (2, False), done.stderr
    assert f".gz stands for no format. Give one of {UNKNOWN[verb]}, or name the format." in done.stderr


def test_a_format_by_name_takes_any_suffix(lake: Path, tmp_path: Path) -> None:
    """Who names the format knows what they write."""
    assert run("calls", "-o", tmp_path / "calls.tsv", "--format", "csv", lake=lake).returncode == 0
    assert (tmp_path / "calls.tsv").read_bytes().startswith(b"source,")


@pytest.mark.parametrize(
    "verb", some(["calls", "batch b1", "metrics", "views", "report b1 --format json"], 2)
)
def test_a_dash_is_standard_output(lake: Path, tmp_path: Path, verb: str) -> None:
    """`-o -` writes what no -o writes, and no file."""
    plain, dash = (run(*verb.split(), *more, lake=lake, folder=tmp_path) for more in ([], ["-o", "-"]))
    assert plain.returncode == dash.returncode == 0
    assert plain.stdout == dash.stdout != ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet", "xlsx"])
@pytest.mark.parametrize(
    "words",
    [["-c", "select 1; select 2"], ["-c", "select 1", "-c", "create temp table a as from calls; from a"]],
)
def test_a_file_of_one_result_takes_no_second(
    lake: Path, tmp_path: Path, suffix: str, words: list[str]
) -> None:
    """It is refused before the first is asked for; what has no rows to show isn't counted."""
    target = tmp_path / f"two.{suffix}"
    done = run("sql", *words, "-o", target, lake=lake)
    assert (done.returncode, target.exists()) == (2, False)
    assert f"{suffix} holds one result, and 2 queries would be answered." in done.stderr
    single = ["-c", "create temp table a as select 1 as n; from a"]
    assert run("sql", *single, "-o", target, lake=lake).returncode == 0
    assert target.exists()


def test_files_that_hold_several_results(lake: Path, tmp_path: Path) -> None:
    """Of JSON lines, Markdown and tables a file holds several, as a pipe does of CSV."""
    for suffix in ("ndjson", "md", "txt"):
        target = tmp_path / f"two.{suffix}"
        assert run("sql", "-c", "select 1 as a; select 2 as b", "-o", target, lake=lake).returncode == 0
        assert target.read_bytes().count(b"a") == target.read_bytes().count(b"b") == 1
    assert (
        run("sql", "-c", "select 1 as a; select 2 as b", "--format", "csv", lake=lake).stdout
        == "a\n1\nb\n2\n"
    )


@pytest.mark.parametrize("verb", some(["calls", "batch b1", "audit", "sql -c 'from calls' --format json"], 2))
def test_a_full_disk_behind_standard_output_is_no_bug(lake: Path, verb: str) -> None:
    """Exit 2 and a sentence with the system's reason, whatever was being written."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*MODULE, *shlex.split(verb)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
            check=False, env=process_environment(lake),
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("batchlake: cannot write to standard output: No space left on device.")
    assert "Traceback" not in done.stderr


def test_an_audit_of_all_batches_is_of_all_sources(lake: Path) -> None:
    """`--source` without a batch is refused, and the message names the option that does that."""
    done = run("audit", "--source", "svalync", lake=lake)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--filter picks those of a source" in done.stderr


def test_commands_of_the_console_are_told_from_sql(lake: Path) -> None:
    """Outside the console a command of its is an error that names the option to use instead."""
    done = run("sql", stdin='\\filter {"status": "failed"}\nselect 1;', lake=lake)
    assert done.returncode == 1
    assert "commands with a backslash are the console's" in done.stderr
    assert "--filter" in done.stderr
