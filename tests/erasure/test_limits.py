"""What can't be promised is said where the verbs are documented, and in what they print."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

import batchlake
from tests.command import run
from tests.erasure.people import NUMBER, call, write_export_of
from tests.paths import ROOT

ERASURE = (
    "backups", "disk snapshots", "replicas", "versions", "bucket", "blocks of a disk",
    "copies on machines that do not ask again", "reports", "csv", "notebooks", "caches of other tools",
    "--elsewhere", "platform", "recordings", "webhooks", "--todo", "shell history", "process lists",
    "terminals", "cron mail", "recognised by what is said", "names that no --value names",
    "in tens", "other words between", "may bring it back",
    "languages without digit words", "voices", "exact figures", "the platform's own record",
    "--mode remove", "stay personal data while the key exists", "destroying it ends",
    "whether to erase at all", "duties to keep", "controller's decision",
)  # fmt: skip
"""Of every sentence of what no erasure can promise the words that matter."""

REDACTION = (
    "names that no field of the record gives", "only another record", "ids that hold a number without +",
    "recognised by what is said", "in tens", "other words between", "languages that are not named",
    "without digit words", "voices",
    "scrubbed transcript", "landing", "backups", "disk snapshots", "files that left the lake",
    "source exports", "platform", "recordings", "webhooks", "personal data while the key exists",
)  # fmt: skip
"""The same of a redaction."""


def _plain(text: str) -> str:
    """A page or an answer in one line and one spelling."""
    text = " ".join(text.lower().split()).replace("`", "").replace("aren't", "are not").replace("*", "")
    return text.replace("don't", "do not")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a person in it."""
    folder = tmp_path_factory.mktemp("limits")
    batchlake.open(folder / "lake").ingest(write_export_of(folder / "exports", [call(0, to_number=NUMBER)]))
    return folder / "lake"


@pytest.mark.parametrize(
    ("verb", "options", "limits", "page"),
    [
        ("forget", ["--number", NUMBER], ERASURE, "erasure"),
        ("redact", ["--redact", "phone", "--region", "US"], REDACTION, "privacy"),
    ],
)
def test_limits_are_printed_and_documented(
    lake: Path, verb: str, options: list[str], limits: tuple[str, ...], page: str
) -> None:
    """Each limit stands in the verb's table, in its JSON, and on its page; the help says where they are."""
    answer = run(verb, *options, "--dry-run", "--lake", str(lake))
    document = json.loads(run(verb, *options, "--dry-run", "--lake", str(lake), "--json").stdout)
    documented = (ROOT / "batchlake" / page / "README.md").read_text("utf-8")

    for text in (answer.stdout, " ".join(document["not_covered"]), documented):
        assert [limit for limit in limits if limit not in _plain(text)] == []
    assert "The report lists all of it" in " ".join(run(verb, "--help").stdout.split())


def test_a_verification_is_a_document_to_file(lake: Path) -> None:
    """When, of which lake, of which erasures, with what, what was found, and what it can't say: no value."""
    opened = batchlake.open(lake)
    erased = opened.forget(numbers=[NUMBER], expect=1)
    said = run("erasures", "--verify", "--lake", str(lake))
    proof = json.loads(run("erasures", "--verify", "--lake", str(lake), "--json").stdout)

    assert (proof["lake"], proof["erasures"], proof["by"]) == (
        str(opened.root),
        [erased.erasure_id],
        "digest",
    )
    assert (proof["is_clean"], proof["hits"]) == (True, [])
    assert datetime.fromisoformat(proof["verified_at"]).tzinfo is not None
    assert [limit for limit in ERASURE if limit not in _plain(" ".join(proof["not_covered"]))] == []
    assert proof["state_digest"] in said.stdout
    assert proof["verified_at"][:10] in said.stdout
    assert NUMBER[2:] not in json.dumps(proof) + said.stdout
