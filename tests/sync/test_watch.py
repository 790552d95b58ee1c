"""Exports are ingested as they settle: those that appear whole, grow, are renamed or replaced."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zstandard

from batchlake.errors import ExportUnreadable
from batchlake.ingest.report import IngestReport
from batchlake.lake import Lake
from batchlake.store.lock import writer_lock
from batchlake.sync.completeness import looks_whole
from batchlake.sync.watch import Settling, WatchTiming, signatures, watch
from tests.effort import at_length
from tests.lakes import write_export
from tests.sync.fake_platform import call, listed
from tests.sync.pulling import held
from tests.sync.runs import start

TIMING = WatchTiming(settle=0.15, patience=60, rescan=0.5)
A, B = Path("a.json"), Path("b.json")


def export(*call_ids: str) -> str:
    return json.dumps(listed([call(call_id) for call_id in call_ids]))


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that another thread or process brings about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


@contextmanager
def watching(folder: Path, timing: WatchTiming = TIMING) -> Iterator[list[IngestReport]]:
    """A watch of `folder/exports` at work for the block; the reports so far."""
    exports = folder / "exports"
    exports.mkdir(exist_ok=True)
    stop = threading.Event()
    reports: list[IngestReport] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            lake = Lake(folder / "lake")
            reports.extend(watch([exports], lambda paths: lake.ingest(*paths), stop, timing=timing))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield reports
    finally:
        stop.set()
        thread.join(20)
    assert failures == []
    assert not thread.is_alive()


def test_files_settle_when_they_stand_still() -> None:
    """A file settles once, after standing still long enough, and again when it changes."""
    settling = Settling(WatchTiming(settle=2, patience=10), lambda path: True)
    assert settling.look({A: (1, 1, 1)}, 0) == []
    assert settling.look({A: (1, 2, 2)}, 1) == []
    assert settling.look({A: (1, 2, 2)}, 2) == []
    assert settling.is_waiting
    assert settling.look({A: (1, 2, 2), B: (9, 1, 1)}, 3) == [A]
    assert settling.look({A: (1, 2, 2), B: (9, 1, 1)}, 5) == [B]
    assert settling.look({A: (1, 2, 2), B: (9, 1, 1)}, 99) == []
    assert not settling.is_waiting
    # Replaced by another file of the same size and time; gone and come back; not taken after all.
    assert settling.look({A: (7, 2, 2)}, 100) == []
    assert settling.look({A: (7, 2, 2)}, 102) == [A]
    assert settling.look({}, 103) == []
    assert settling.look({A: (7, 2, 2)}, 104) == []
    assert settling.look({A: (7, 2, 2)}, 106) == [A]
    settling.again([A])
    assert settling.look({A: (7, 2, 2)}, 107) == []
    assert settling.look({A: (7, 2, 2)}, 109) == [A]


def test_a_file_that_looks_half_written_is_waited_for_but_not_for_ever() -> None:
    """Patience ends; then the ingest says what is wrong with the file."""
    settling = Settling(WatchTiming(settle=1, patience=10), lambda path: False)
    assert [settling.look({A: (1, 1, 1)}, now) for now in (0, 1, 5, 9.9)] == [[]] * 4
    assert settling.look({A: (1, 1, 1)}, 10) == [A]


def test_what_looks_whole(tmp_path: Path) -> None:
    """The end of a file tells, whatever wraps it."""
    text = export("c1").encode()
    packed = {
        "gz": gzip.compress(text),
        "zst": zstandard.compress(text),
        "json": text + b"\r\n ",
        "ndjson": b"{}\n{}\n",
    }
    for suffix, data in packed.items():
        path = tmp_path / f"whole.{suffix}"
        path.write_bytes(data)
        assert looks_whole(path), suffix
        path.write_bytes(data[: len(data) * 2 // 3] if suffix != "ndjson" else b"{}\n{")
        assert not looks_whole(path), suffix
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.json", text)
    assert looks_whole(tmp_path / "x.zip")
    (tmp_path / "x.zip").write_bytes((tmp_path / "x.zip").read_bytes()[:-30])
    assert not looks_whole(tmp_path / "x.zip")
    (tmp_path / "empty").touch()
    assert not looks_whole(tmp_path / "empty")
    assert not looks_whole(tmp_path / "gone")


def test_unfinished_and_hidden_names_are_passed_over(tmp_path: Path) -> None:
    """What a program writes under another name first is not looked at, in any folder below."""
    for name in (".a.json", "a.json.part", "B.TMP", "c.json~", "README.md", ".git/d.json", "in/e.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "pipe").symlink_to("/dev/null")
    assert list(signatures([tmp_path])) == [tmp_path / "in/e.json"]


def test_files_that_appear_in_every_way(tmp_path: Path) -> None:
    """Whole, half-written, renamed, replaced, in a new folder: each is ingested once it is there."""
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "before.json").write_text(export("before"))
    with watching(tmp_path) as reports:
        wait_until(lambda: held(tmp_path) == {"before"})
        (exports / "whole.json").write_text(export("whole"))
        text = export("slow")
        with (exports / "slow.json").open("w") as slow:
            slow.write(text[:40])
            slow.flush()
            (exports / "renamed.json.part").write_text(export("renamed"))
            (exports / "new" / "folder").mkdir(parents=True)
            (exports / "new" / "folder" / "deep.json.gz").write_bytes(gzip.compress(export("deep").encode()))
            wait_until(lambda: held(tmp_path) == {"before", "whole", "deep"})
            # It stands still for longer than a file has to, and is still waited for.
            time.sleep(3 * TIMING.settle)
            slow.write(text[40:])
        (exports / "renamed.json.part").rename(exports / "renamed.json")
        replacement = exports / ".replacement"
        replacement.write_text(export("whole", "replaced"))
        replacement.replace(exports / "whole.json")
        wait_until(lambda: held(tmp_path) == {"before", "whole", "deep", "slow", "renamed", "replaced"})
        assert sum(report.problems for report in reports) == 0
        assert sum(report.exports_read for report in reports) == 6
        (exports / "renamed.json").rename(exports / "again.json")
        (exports / "broken.json").write_text("[}]")
        wait_until(lambda: sum(report.problems for report in reports) == 1)
    assert sum(report.exports_read for report in reports) == 7


def test_a_name_that_is_not_utf8_stops_no_watch(tmp_path: Path) -> None:
    """The system's notices end there with an error: the folders are looked at all the same."""
    (tmp_path / os.fsdecode(b"\xff")).mkdir()
    stop, notes = threading.Event(), list[str]()

    def noted(line: str) -> None:
        notes.append(line)
        stop.set()

    assert not list(watch([tmp_path], Lake(tmp_path / "lake").ingest, stop, timing=TIMING, note=noted))
    assert "changes may go unnoticed" in notes[0]


def test_a_lake_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    """While another writer is at work the file is kept for later, and told of."""
    with watching(tmp_path):
        with writer_lock(tmp_path / "lake"):
            (tmp_path / "exports" / "a.json").write_text(export("c1"))
            time.sleep(4 * TIMING.settle)
            assert held(tmp_path) == set()
        wait_until(lambda: held(tmp_path) == {"c1"})


@at_length
def test_a_file_that_cannot_be_opened_holds_up_no_other(tmp_path: Path) -> None:
    """Those that settle with it are ingested; it is noted once, counts as skipped, and is tried again."""
    exports = tmp_path / "exports"
    exports.mkdir()
    # A file that can be looked at and not be read, by root neither.
    closed = exports / "closed.json"
    closed.symlink_to("/proc/self/clear_refs")
    (exports / "good.json").write_text(export("good"))
    notes: list[str] = []
    reports: list[IngestReport] = []
    lake, stop = Lake(tmp_path / "lake"), threading.Event()
    timing = WatchTiming(settle=0.1, patience=0.2, rescan=0.2)

    def work() -> None:
        reports.extend(
            watch([exports], lambda paths: lake.ingest(*paths), stop, timing=timing, note=notes.append)
        )

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: held(tmp_path) == {"good"} and len(notes) == 1)
    (exports / "more.json").write_text(export("more"))
    wait_until(lambda: held(tmp_path) == {"good", "more"})
    time.sleep(5 * timing.patience)
    closed.unlink()
    closed.write_text(export("closed"))
    wait_until(lambda: held(tmp_path) == {"good", "more", "closed"})
    stop.set()
    thread.join(20)
    assert notes == [f"postponed: {closed} cannot be opened: Invalid argument"]
    assert {path for report in reports for path in report.skipped_files} <= {str(closed)}


def test_a_folder_that_went_away_is_told(tmp_path: Path) -> None:
    """Once, and what is in it when it is there again is ingested; a folder within it may come and go."""
    exports, notes = tmp_path / "exports", list[str]()
    (exports / "inner").mkdir(parents=True)
    lake, stop = Lake(tmp_path / "lake"), threading.Event()

    def work() -> None:
        for _ in watch([exports], lambda paths: lake.ingest(*paths), stop, timing=TIMING, note=notes.append):
            pass

    thread = threading.Thread(target=work)
    write_export(exports, "a.json", export("c1"))
    thread.start()
    wait_until(lambda: held(tmp_path) == {"c1"})
    (exports / "inner").rmdir()
    time.sleep(2 * TIMING.rescan)
    assert notes == []
    shutil.rmtree(exports)
    wait_until(lambda: len(notes) == 1)
    time.sleep(2 * TIMING.rescan)
    write_export(exports, "b.json", export("c2"))
    wait_until(lambda: held(tmp_path) == {"c1", "c2"})
    stop.set()
    thread.join(20)
    assert notes == [f"postponed: {exports} cannot be opened: No such file or directory"]


def test_a_file_that_went_away_is_no_fault(tmp_path: Path) -> None:
    """What is gone between the look and the reading is neither noted nor passed over."""
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "a.json").write_text(export("a"))
    stop = threading.Event()
    calls: list[list[Path]] = []

    def ingest(paths: list[Path]) -> IngestReport:
        calls.append(paths)
        if len(calls) == 1:
            raise ExportUnreadable(str(paths[0]), "No such file or directory")
        stop.set()
        return Lake(tmp_path / "lake").ingest(*paths)

    notes: list[str] = []
    (report,) = watch([exports], ingest, stop, timing=TIMING, note=notes.append)
    assert (report.calls_new, report.skipped_files, notes) == (1, (), [])


def test_what_is_left_unread_is_named(tmp_path: Path) -> None:
    """A file that is half written when the watch is stopped: the one who stops it learns which."""
    half = tmp_path / "half.json"
    half.write_text(export("c1")[:-9], encoding="utf-8")
    stop, notes = threading.Event(), list[str]()
    timing = WatchTiming(settle=0.05, patience=60, rescan=0.1)
    found = watch([tmp_path], lambda _: pytest.fail("not whole"), stop, timing=timing, note=notes.append)
    threading.Timer(1, stop.set).start()
    assert list(found) == []
    assert notes == [f"left unread: {half} was still being written. The next watch or ingest takes it up."]


def test_only_folders_can_be_watched(tmp_path: Path) -> None:
    """A mistyped folder is an error at once, not a watch of nothing."""
    with pytest.raises(ExportUnreadable, match="not a folder"):
        next(watch([tmp_path / "gone"], lambda paths: pytest.fail("nothing to ingest"), threading.Event()))


def test_the_verb_ends_cleanly_when_it_is_told_to(tmp_path: Path) -> None:
    """SIGTERM, as from systemd, ends the watch with status 0; each ingest is a line of JSON."""
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "a.json").write_text(export("c1"))
    process, output, errors = start(
        tmp_path, "watch", "exports", "--lake", "lake", "--settle", "0.1", "--format", "ndjson"
    )
    wait_until(lambda: output.read_text().endswith("\n"), 40)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(20) == 0, errors.read_text()
    (line,) = output.read_text().splitlines()
    assert json.loads(line)["calls_new"] == 1
    assert errors.read_text() == "watching exports\n"


@at_length
def test_a_quiet_watch_tells_of_problems_alone(tmp_path: Path) -> None:
    """A unit of systemd writes to the journal what needs somebody, and nothing of what went well."""
    (tmp_path / "exports").mkdir()
    process, output, errors = start(tmp_path, "watch", "exports", "--lake", "lake", "--settle", "0.1", "-q")
    (tmp_path / "exports" / "a.json").write_text(export("c1"))
    wait_until(lambda: (tmp_path / "lake" / "runs").exists(), 40)
    (tmp_path / "exports" / "b.json").write_text('{"calls": [{"id": "c2", "duration": "long"}]}')
    wait_until(lambda: errors.read_text().endswith("\n"), 40)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(20) == 0
    assert output.read_text() == ""
    assert errors.read_text().startswith("batchlake: 1 problem")
