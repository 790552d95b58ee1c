"""The console at a real pseudo-terminal: what a person types, and what comes back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchlake.console import commands
from batchlake.console.state import Console
from batchlake.lake import Lake
from tests.console.terminal import CTRL_C, ENTER, PROMPT, TAB, UP, Terminal
from tests.effort import some
from tests.query.sql_lake import make_lake

SLOW = "select count(*) from range(100_000_000_000) t(i) where i % 7 = 3;"


@pytest.fixture(scope="module")
def shared(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    terminal = Terminal(lake, tmp_path_factory.mktemp("state"))
    yield terminal
    terminal.settle()
    assert terminal.leave() == 0


@pytest.fixture
def terminal(shared: Terminal) -> Terminal:
    """A console at an empty prompt; starting one takes a second."""
    shared.settle()
    return shared


@pytest.fixture(scope="module")
def plain(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A narrow terminal without colours."""
    terminal = Terminal(lake, tmp_path_factory.mktemp("plain"), lines=60, columns=70, NO_COLOR="1")
    yield terminal
    terminal.settle()
    assert terminal.leave() == 0


def test_a_query_over_several_lines(terminal: Terminal) -> None:
    """Enter begins a new line until the semicolon; the answer is a table with its rows and time."""
    terminal.type("select call_id, cost" + ENTER)
    terminal.see("...")
    shown = terminal.ask("from calls where cost > 1 order by all;", "2 rows, ")
    assert "c1" in shown
    assert "2.25" in shown
    assert " ms" in shown


def test_tab_completes_what_there_is(terminal: Terminal) -> None:
    """Tables after `from`, columns with type and meaning, functions, commands and metrics."""
    terminal.type("select duration_s" + TAB)
    terminal.see("econds")
    terminal.type(" from batch_o" + TAB)
    terminal.see("verview")
    terminal.type(CTRL_C)
    terminal.see(PROMPT)
    terminal.type("from calls c select c.sentiment_" + TAB)
    terminal.see("DOUBLE: Share of positive sentiment, 0 to 1")
    terminal.type(CTRL_C)
    terminal.type("select jaro_winkler_s" + TAB)
    terminal.see("imilarity")
    terminal.type(CTRL_C)
    terminal.type("\\fo" + TAB)
    terminal.see("rmat")
    terminal.type(" nd" + TAB)
    terminal.see("json")
    terminal.type(CTRL_C)
    terminal.type("\\sql success_r" + TAB)
    terminal.see("ate")


def test_own_things_are_completed(terminal: Terminal) -> None:
    """A temporary table is known at the prompt as soon as it is made."""
    terminal.ask("create temp table my_own_numbers as select 7 as seventh;", "Done in ")
    terminal.type("select seve" + TAB)
    terminal.see("nth")
    terminal.type(" from my_own" + TAB)
    terminal.see("_numbers")
    terminal.type(";" + ENTER)
    terminal.see("1 row,")


def test_an_interrupt_stops_the_query_and_not_the_console(terminal: Terminal) -> None:
    """Ctrl-C during a query ends it within moments, at the prompt it clears the line."""
    terminal.interrupt(SLOW, "Interrupted.")
    terminal.type("nonsense that nobody means" + CTRL_C)
    terminal.ask("select 1;", "1 row, ")
    terminal.type(CTRL_C * 5)
    terminal.ask("select 1;", "1 row, ")


def test_a_time_limit_is_told(lake: Lake, tmp_path: Path) -> None:
    """A query beyond the limit ends with a sentence, and the console goes on."""
    terminal = Terminal(lake, tmp_path, timeout_seconds=0.5)
    terminal.ask(SLOW, "stopped after 0.5 s")
    terminal.ask("select 1;", "1 row, ")
    assert terminal.leave() == 0


def test_errors_point_at_the_place(terminal: Terminal) -> None:
    """A wrong statement and a refused one are told with line, column and caret."""
    shown = terminal.ask("select 1, nope from calls;", "There is no column nope.")
    shown = re.sub(r"\x1b\[[0-9;?]*\w", "", shown)
    assert "\n" + " " * len("lake> select 1, ") + "^\r\nThere is no column nope." in shown
    terminal.type("select 1," + ENTER)
    terminal.see("...")
    terminal.ask("nope from calls;", "line 2, column 1:")
    terminal.ask("copy calls to 'x';", "`copy` is refused")
    terminal.ask("\\zzzz", "there is no \\zzzz. \\help lists the commands.")
    terminal.ask("select " + "(" * 300 + ";", "nests more than 200 brackets deep")


def test_the_filter_is_a_filter(terminal: Terminal, tmp_path: Path) -> None:
    """`\\filter` sets the selection, says it in a sentence, lists faults, and goes over lines."""
    terminal.ask('\\filter {"agent_id": "ann"}', "handled by agent ann")
    terminal.ask("select count(*) as calls_of_ann from selected_calls;", "2")
    terminal.type('\\filter {"status":' + ENTER)
    terminal.see("...")
    terminal.ask('"failed"}', "whose status is failed")
    terminal.ask('\\filter {"statu": 1}', "did you mean `status`?")
    shown = terminal.ask("\\filter", "\\filter {} selects all again.")
    assert "whose status is failed" in shown
    terminal.ask("\\filter {}", "All calls.")
    assert "selects all again" not in terminal.ask("\\filter", "All calls.")
    file = tmp_path / "mine.json"
    file.write_text('{"agent_id": "ann"}', encoding="utf-8")
    terminal.ask(f"\\filter @{file}", "handled by agent ann")
    terminal.ask("\\filter @nowhere.json", "No such file")
    terminal.ask("\\filter {}", "All calls.")


def test_commands_tell_what_there_is(terminal: Terminal) -> None:
    """`\\d`, `\\d calls`, `\\metrics`, `\\sql` and `\\help` list tables, columns, metrics and commands."""
    terminal.child.setwinsize(200, 200)
    terminal.ask("select 1;", "1 row, ")
    shown = terminal.ask("\\d", "batch_overview")
    assert "selected_segments" in shown
    shown = terminal.ask("\\d calls;", "table calls: one row per call")
    assert (
        "What the platform charged, in `currency`, below 0 what it credited, NULL is unknown, not free"
        in shown
    )
    assert "DECIMAL(18,6)" in shown
    terminal.ask("\\d batch_overview", "Share of the batch that is done = done / total (ratio)")
    terminal.ask("\\d nowhere", "there is no table or view 'nowhere'")
    terminal.ask("\\metrics", "success_rate")
    terminal.ask("\\sql success_rate", "-- sql/analytics/counts.sql")
    terminal.ask("\\sql batch_overview", "-- sql/views/batch_overview.sql")
    terminal.ask("\\help", "\\filter {...}, @NAME, @FILE")
    terminal.child.setwinsize(30, 110)


def test_lists_fit_the_screen(plain: Terminal) -> None:
    """On a narrow terminal the words of lists and errors go over several lines, and no pager is needed."""
    shown = plain.ask("\\d", "utterances").replace("\r", "")
    found = [line for line in shown.splitlines() if "all without one" in line]
    assert found == [" " * 26 + "all without one", " " * 26 + "selects; all without one"]
    told = plain.ask("copy calls to 'x';", "in the console.").replace("\r", "")
    assert "refused: SQL here reads the lake and changes nothing. It takes" in " ".join(told.split())
    assert "-o FILE, or \\o\nFILE in the console." in told


def test_lists_fit_the_narrowest_screen(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where names and types leave no room for words beside them, the words stand below."""
    monkeypatch.setenv("COLUMNS", "40")
    console = Console(lake, None, "table", None, pager=())
    for command in ("\\help", "\\d calls"):
        commands.run(console, command)
    console.session.close()
    shown = capsys.readouterr().out
    assert "duration_seconds  DOUBLE\n  Length of the call in seconds\n" in shown
    assert not [line for line in shown.splitlines() if len(line) > 40 and "MAP(" not in line]


def test_formats_and_files(terminal: Terminal, tmp_path: Path) -> None:
    """`\\format` changes how rows are written, `\\o` sends the next answer to a file, once."""
    terminal.ask("\\format csv", "Rows are written as csv.")
    assert "a,b\r\n1,x" in terminal.ask("select 1 as a, 'x' as b;", "1,x")
    file = tmp_path / "out.xlsx"
    terminal.ask("\\format xlsx", "It needs \\o FILE.")
    terminal.ask("select 1;", "is binary; write it with \\o FILE.")
    terminal.ask(f"\\o {file}", "The next answer goes to")
    terminal.ask("select 1 as a;", "Written to ")
    assert file.read_bytes()[:2] == b"PK"
    other = tmp_path / "other.csv"
    terminal.ask(f"\\o {other}", ", as csv.")
    terminal.ask("select 1 as a;", "Written to")
    assert other.read_text() == "a\n1\n"
    terminal.ask("\\o /nowhere/at/all.csv", "The next answer goes to")
    terminal.ask("select 1;", "No such file or directory")
    terminal.ask("\\format table", "Rows are written as table.")
    terminal.ask("select 1;", "1 row, ")


def test_the_lake_as_it_was(tmp_path: Path) -> None:
    """`\\at` reads an earlier run; `\\at now` also what has been ingested meanwhile."""
    lake = make_lake(tmp_path / "own")
    (run,) = lake.runs().to_dicts()
    terminal = Terminal(lake, tmp_path)
    (tmp_path / "more.json").write_text('{"call": {"id": "new", "status": "completed"}}', encoding="utf-8")
    lake.ingest(tmp_path / "more.json")
    count = "select concat('calls:', count(*)) from calls;"
    terminal.ask(count, "calls:8")
    terminal.ask("\\at now", "the newest state")
    terminal.ask(count, "calls:9")
    terminal.ask(f"\\at {run['run_id']}", "at run")
    terminal.ask(count, "calls:8")
    terminal.ask("\\at 2001-01-01", "no run had finished")
    assert terminal.leave() == 0


@pytest.mark.skipif(not shutil.which("less"), reason="needs less")
def test_long_answers_go_through_a_pager(terminal: Terminal) -> None:
    """More rows than the screen has lines open `less`; leaving it early stops reading. A wide row doesn't."""
    terminal.type("select i from range(1_000_000_000) t(i);" + ENTER)
    terminal.see("\n:")
    terminal.type("q")
    shown = terminal.see(PROMPT)
    assert re.search(r"The pager was left before the end, when [1-9][\d,]* rows had been\s+read\.", shown)
    assert "─ row 1" in terminal.ask("select repeat('wide ', 100) as wide;", "1 row, ")


def test_without_a_pager_answers_fit_the_screen(lake: Lake, tmp_path: Path) -> None:
    """Where PAGER is empty, tables are made narrow enough, and say so, with the console's own commands."""
    terminal = Terminal(lake, tmp_path, PAGER="")
    shown = terminal.ask("select * from calls order by call_id;", "\\wide or \\x")
    assert "8 rows," in shown
    assert "No room for" in shown
    assert "--wide" not in shown
    assert terminal.leave() == 0


def test_history_survives_in_the_state_folder(lake: Lake, tmp_path: Path) -> None:
    """What was typed comes back with the arrow in the next console, over lines; only its owner reads it."""
    history = tmp_path / "batchlake" / "history"
    history.parent.mkdir()
    history.touch(mode=0o644)
    first = Terminal(lake, tmp_path)
    first.type("select 'remember" + ENTER)
    first.see("...")
    first.ask("me' as text;", "1 row, ")
    assert first.leave() == 0
    assert "remember" in history.read_text(encoding="utf-8")
    assert history.stat().st_mode & 0o077 == 0
    second = Terminal(lake, tmp_path)
    second.type(UP)
    second.see("remember")
    second.type(ENTER)
    second.see("1 row, ")
    assert second.leave() == 0


def test_no_colours_are_used_where_none_are_wanted(plain: Terminal, terminal: Terminal) -> None:
    """With NO_COLOR neither prompt nor answers are coloured; without it they are."""
    assert not _colours(plain.ask("select null as nothing;", "1 row, "))
    assert _colours(terminal.ask("select null as nothing;", "1 row, "))


def _colours(text: str) -> list[str]:
    return re.findall(r"\x1b\[(?:[0-9;]*;)?(?:3[0-9]|9[0-9]|38;[0-9;]+|2)m", text)


@pytest.mark.parametrize("words", some(["\\q", "exit", "QUIT;", ".exit", "quit ;", "exit()", "\\quit"], 1))
def test_a_quit_is_a_quit(lake: Lake, tmp_path: Path, words: str) -> None:
    """`\\q` leaves with status 0, as Ctrl-D does, and so does what people type by habit."""
    assert Terminal(lake, tmp_path).leave(words + ENTER) == 0


@pytest.mark.parametrize(
    ("habit", "seen"),
    [
        ("help", "\\filter {...}, @NAME, @FILE"),
        ("help select", "\\filter {...}, @NAME, @FILE"),
        ("?", "\\filter {...}, @NAME, @FILE"),
        ("\\?", "\\filter {...}, @NAME, @FILE"),
        ("\\h", "\\filter {...}, @NAME, @FILE"),
        (".help", "\\filter {...}, @NAME, @FILE"),
        ("\\dt", "batch_overview"),
        (".tables", "batch_overview"),
        ("\\l", "batch_overview"),
        ("ls", "batch_overview"),
        ("show tables", "batch_overview"),
        ("describe calls", "duration_seconds"),
        ("use x", "There is one database, the lake"),
        ("\\r", "Nothing is begun."),
        (".schema exports", "table exports: one row per"),
        ("\\dt exports;", "table exports: one row per"),
        ("\\fromat csv", "there is no \\fromat. Did you mean \\format? \\help lists the commands."),
        (".metric", "there is no .metric. Did you mean \\metrics?"),
        (".qiut", "there is no .qiut. Did you mean \\q?"),
        ("\\", "there is no \\. \\help lists"),
        (".", "there is no .. \\help lists"),
        ("ls -l", 'syntax error at or near "ls"'),
        ("exit now", 'syntax error at or near "exit"'),
        ("select 1; hlep", 'syntax error at or near "hlep"'),
    ],
)
def test_what_is_typed_by_habit_waits_for_no_semicolon(terminal: Terminal, habit: str, seen: str) -> None:
    """Words of psql, sqlite and shells do what they mean, or are told at once; SQL goes on over lines."""
    terminal.child.setwinsize(200, 200)
    terminal.ask(habit, seen)
    terminal.ask("select 'next' || ' line';", "next line")
    terminal.child.setwinsize(30, 110)


def test_words_within_a_statement_are_its_own(terminal: Terminal) -> None:
    """On a later line of a statement `exit` is a name."""
    terminal.type("select 7 as" + ENTER)
    terminal.see("...")
    terminal.type("exit" + ENTER)
    terminal.see("...")
    terminal.ask("from calls limit 1;", "1 row, ")


def test_a_begun_statement_is_thrown_away(lake: Lake, tmp_path: Path) -> None:
    """Within a statement `help` is SQL, and told to be; `\\r` throws the statement away, `\\q` leaves."""
    terminal = Terminal(lake, tmp_path)
    terminal.type("select 1 +" + ENTER)
    terminal.see("...")
    terminal.ask("help", "A statement is begun: end it with a semicolon, \\r throws it away, \\q leaves.")
    terminal.type("\\r" + ENTER)
    terminal.ask("select 'fresh' as word;", "1 row, ")
    terminal.type("select 1 +" + ENTER)
    terminal.see("...")
    assert terminal.leave("\\q" + ENTER) == 0


def test_a_paste_is_run_line_by_line_where_it_holds_commands(terminal: Terminal) -> None:
    """A terminal hands a paste over at once: commands in it are commands, between statements. What is wrong
    stops nothing behind it, a statement that is interrupted does."""
    paste = (
        "select 40 + 2 as a; nope_code; select 7 * 9 as c;\n\\filter {\n}\n"
        "select 'x\n\\timing', 2 as b;\n\\nope\nexit_code;"
    )
    terminal.type(f"\x1b[200~{paste}\x1b[201~" + ENTER)
    shown = terminal.see("line 7, column 1")
    assert all(
        part in shown for part in ("42", "line 1, column 21", "63", "All calls", "\\timing", "no \\nope")
    )
    terminal.type(f"\x1b[200~{SLOW} select 1;\x1b[201~" + ENTER)
    terminal.see("Ctrl-C stops")
    terminal.type(CTRL_C)
    terminal.see("Interrupted. The rest is not run.")


def test_types_zones_and_pagers_are_chosen(terminal: Terminal) -> None:
    """`\\types` shows types under names, `\\timezone` moves days and times, `\\pager` says what is used."""
    terminal.ask("\\types", "under the names of columns: yes.")
    shown = terminal.ask("select count(*), 1.5::double as d from calls;", "1 row, ")
    assert re.search(
        r"count\(\*\) +d\b.*BIGINT +DOUBLE.*─", re.sub(r"\x1b\[[0-9;?]*\w", "", shown), re.DOTALL
    )
    terminal.ask("\\types off", "under the names of columns: no.")
    terminal.ask("\\timezone Asia/Kolkata", "given, in Asia/Kolkata.")
    terminal.ask("select '2026-01-01 00:00+00'::timestamptz as t;", "2026-01-01T05:30:00+05:30")
    terminal.ask("\\timezone Kolkata", "Did you mean Asia/Kolkata?")
    terminal.ask("\\timezone UTC", "given, in UTC.")
    terminal.ask("\\pager off", "Long answers go through no pager.")
    terminal.ask("\\pager nothere", "there is no program 'nothere'")
    terminal.ask("\\pager on", "Long answers go through")


def test_a_long_statement_says_that_it_runs(terminal: Terminal) -> None:
    """From half a second on a line counts the seconds; it is gone when the answer, or the error, comes."""
    terminal.type("select count(*) from range(3000000000) a, range(9) b;" + ENTER)
    terminal.see("s, Ctrl-C stops")
    terminal.type(CTRL_C)
    terminal.see("Interrupted.")
    terminal.see(PROMPT)
    assert "Ctrl-C stops" not in "\n".join(terminal.screen.display)


def test_the_last_answer_again_makes_nothing_twice(terminal: Terminal, tmp_path: Path) -> None:
    """`\\wide` and `\\copy` are of the last of several statements, which may read what one before has made;
    a table is described however its name was written."""
    terminal.ask("create temp table Mine as select 1 as One; select 2 as two from mine;", "1 row, ")
    assert "two" in terminal.ask("\\wide", "1 row, ")
    file = tmp_path / "again.csv"
    terminal.ask(f"\\copy {file}", "Written to")
    assert file.read_text() == "two\n2\n"
    terminal.ask("\\d Mine", "temporary mine: your own")


def test_what_the_machine_lacks_is_told_and_the_console_goes_on(lake: Lake, tmp_path: Path) -> None:
    """No editor and nobody's folder: a sentence each. Numbers are masked where
    settings say so."""
    terminal = Terminal(lake, tmp_path, EDITOR="/nowhere/editor", columns=200, BATCHLAKE_MASK_NUMBERS="true")
    assert "+49 *** 52" in terminal.ask("select '+4915112345652' as number;", "1 row, ")
    terminal.ask("\\e", "Set $VISUAL or $EDITOR to an editor.")
    for command in some(("\\i", "\\o", "\\copy", "\\e"), 2):
        terminal.ask(f"{command} ~nobody-here/x.csv", "'~nobody-here/x.csv' isn't known.")
    terminal.ask("select 1;", "1 row, ")
    assert terminal.leave() == 0
