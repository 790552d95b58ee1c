"""A lake lives in any folder that Delta Lake can name; of others it is said at once."""

from __future__ import annotations

import json
import os
import pickle
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

import batchlake
from batchlake.errors import InvalidRequest, LakeNotFound, LakeNotWritable
from batchlake.store.local import LocalStorage
from batchlake.store.maintenance import check, compact, vacuum
from tests.command import run_as_anybody
from tests.effort import some
from tests.lakes import contents, ingested, write_export

DOCUMENT = {"batch": {"id": "b1", "calls": [{"id": "c1", "transcript": [{"text": "It's"}]}]}}
LATER = {"batch": {"id": "b1", "calls": [{"id": "c1", "duration": 2}, {"id": "c2"}]}}


@pytest.mark.parametrize(
    "name", some(["a:b*{c}", "a b", 'dq"<x>`~$&;', "h#h", "Größe 日本", "q?q", "it's 100%", "100%"], 1)
)
def test_odd_names(name: str, tmp_path: Path) -> None:
    """Blanks, quotes, marks and letters of any kind are part of a name like others."""
    root = tmp_path / name / "lake"
    first, later = write_export(tmp_path, "1.json", DOCUMENT), write_export(tmp_path, "2.json", LATER)
    ingested(root, first)
    ingested(root, later)
    ingested(tmp_path / "plain", first, later)
    compact(root)
    vacuum(root, keep_for=timedelta(0))
    assert check(root) == []
    assert contents(root, ("calls", "segments")) == contents(tmp_path / "plain", ("calls", "segments"))
    assert batchlake.open(root).sql("select count(*) as n from calls").to_dicts() == [{"n": 2}]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(["1.json", "2.json", name, "plain"])


@pytest.mark.parametrize("name", ["x[1]", "a%20b", "a|b", "^", "a\\b", "new\nline"])
def test_names_that_cannot_be(name: str, tmp_path: Path) -> None:
    """What Delta Lake would take for something else is refused before anything is made or read."""
    with pytest.raises(InvalidRequest, match="Choose a folder without"):
        ingested(tmp_path / name, write_export(tmp_path, "1.json", DOCUMENT))
    assert not (tmp_path / name).exists()
    (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / name)
    with pytest.raises(InvalidRequest, match="Choose a folder without"):
        batchlake.open(tmp_path / "link")


def test_a_folder_by_another_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path, one with `..` and a link are the same lake, and contained sessions read it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "inner").mkdir()
    (tmp_path / "link").symlink_to("real")
    ingested(tmp_path / "link" / "lake", write_export(tmp_path, "1.json", DOCUMENT))
    monkeypatch.chdir(tmp_path / "inner")
    for root in ("../real/lake", "../link/lake", Path("../inner/../link/lake")):
        assert batchlake.open(root).sql("select call_id from calls").to_dicts() == [{"call_id": "c1"}]
        assert str(batchlake.open(root).root) == os.fspath(root)


def test_a_lake_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that goes to another folder, and one that is sent a lake, read and write the same one."""
    export = write_export(tmp_path, "1.json", DOCUMENT)
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    lake = batchlake.open("lake")
    assert lake.root == Path("lake")
    monkeypatch.chdir(tmp_path / "there")
    lake.ingest(export)
    sent = pickle.loads(pickle.dumps(lake))
    for one in (lake, lake.at(next(iter(lake.runs()))["run_id"]), sent):
        assert one.sql("select call_id from calls").to_dicts() == [{"call_id": "c1"}]
        assert one.root == tmp_path / "here" / "lake"
    assert not [found for found in lake.check() if found.severity != "note"]
    lake.compact()
    lake.vacuum()
    assert list((tmp_path / "there").iterdir()) == []
    monkeypatch.chdir(tmp_path / "here")
    assert lake.root == Path("lake")


def test_other_things_in_the_way(tmp_path: Path) -> None:
    """A file, or a folder that holds something else, is no place for a new lake."""
    export = write_export(tmp_path, "1.json", DOCUMENT)
    with pytest.raises(LakeNotWritable, match="it is a file"):
        ingested(export, export)
    with pytest.raises(LakeNotWritable, match="it is a file"):
        batchlake.open(export).ingest(export)
    with pytest.raises(LakeNotFound):
        batchlake.open(export).compact()
    with pytest.raises(LakeNotWritable, match=r"other things are there already \(1\.json\)"):
        ingested(tmp_path, export)


def test_a_folder_that_may_not_be_looked_into(tmp_path: Path) -> None:
    """A question and a look after the lake say so, and that permission is what is missing; so does an ingest
    where a table takes no file, and delta-rs says nothing beside it."""
    export = write_export(tmp_path, "1.json", DOCUMENT)
    lake = tmp_path / "lake"
    ingested(lake, export)
    lake.chmod(0o000)
    try:
        for verb in (("calls",), ("check",)):
            done = run_as_anybody(*verb, "--lake", lake)
            assert done.returncode == 3, done
            assert re.search(r"cannot reach the lake .*Permission denied", done.stderr), done
        lake.chmod(0o755)
        (lake / "calls").chmod(0o555)
        done = run_as_anybody("ingest", export, "--force", "--lake", lake)
        assert re.fullmatch(r"batchlake: cannot write .*: calls: Permission denied\. .*\n", done.stderr), done
    finally:
        lake.chmod(0o755)
        (lake / "calls").chmod(0o755)


def log_of(folder: Path, commits: Iterable[int], checkpoint: str | None) -> Path:
    """A lake's folder with a log of `runs` of these commits, and what `_last_checkpoint` says."""
    log = folder / "runs" / "_delta_log"
    log.mkdir(parents=True)
    for number in commits:
        (log / f"{number:020}.json").touch()
    if checkpoint is not None:
        (log / "_last_checkpoint").write_text(checkpoint, encoding="utf-8")
    return log


@pytest.mark.parametrize(
    "checkpoint", [None, "", "{", "[]", '{"version": null}', *(json.dumps({"version": n}) for n in range(14))]
)
@pytest.mark.parametrize("oldest", [0, 3, 9])
def test_the_newest_commit(checkpoint: str | None, oldest: int, tmp_path: Path) -> None:
    """Found whatever is said of the checkpoint: nothing, nonsense, an old one, one without its commit."""
    for newest in range(oldest, 12):
        folder = tmp_path / str(newest)
        log_of(folder, range(oldest, newest + 1), checkpoint)
        assert LocalStorage(folder).newest_commit("runs") == f"{newest:020}.json"
    assert LocalStorage(tmp_path / "nothing").newest_commit("runs") == ""
    log_of(tmp_path / "empty", (), checkpoint)
    assert LocalStorage(tmp_path / "empty").newest_commit("runs") == ""


def test_a_checkpoint_without_its_commit(tmp_path: Path) -> None:
    """A log cut so that it begins with a checkpoint alone is of that version."""
    log = log_of(tmp_path, (), '{"version": 7}')
    (log / f"{7:020}.checkpoint.parquet").touch()
    assert LocalStorage(tmp_path).newest_commit("runs") == f"{7:020}.json"


@pytest.mark.parametrize("checkpoint", [5_000, 4_950, 0])
def test_the_newest_commit_is_found_in_few_steps(
    checkpoint: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the log is, a question looks at a few of its entries and lists none."""
    log_of(tmp_path, range(5_020), json.dumps({"version": checkpoint}))
    asked: list[Path] = []
    exists = Path.exists

    def counted(path: Path) -> bool:
        asked.append(path)
        return exists(path)

    folder = LocalStorage(tmp_path)
    monkeypatch.setattr(Path, "exists", counted)
    monkeypatch.delattr(Path, "glob")
    assert folder.newest_commit("runs") == f"{5_019:020}.json"
    assert len(asked) < 30
