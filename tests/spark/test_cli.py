"""`--engine spark` where it is refused before a Java is begun."""

from __future__ import annotations

import os
import socket
import sys

import pexpect
import pytest

import batchlake
from batchlake.errors import InvalidRequest
from batchlake.spark.session import check_version
from tests.command import run
from tests.paths import ROOT
from tests.spark.cluster import missing


def test_the_prompt_is_of_this_machine(sample_lake: batchlake.Lake) -> None:
    """At a terminal: what to do instead, before anything of Spark is begun."""
    said, status = pexpect.run(
        f"{sys.executable} -m batchlake sql --engine spark",
        withexitstatus=True, timeout=60, encoding="utf-8",
        env=os.environ | {"BATCHLAKE_LAKE": str(sample_lake.root), "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
    )  # fmt: skip
    assert status == 2
    assert "give statements with -c, -f or a pipe" in " ".join(said.split())


def test_what_is_of_spark_needs_spark(sample_lake: batchlake.Lake) -> None:
    """`--show-sql` alone would show nothing."""
    done = run("calls", "--show-sql", lake=sample_lake.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--show-sql is of no use without --engine spark" in done.stderr


@pytest.mark.parametrize(
    ("master", "said"),
    [
        ("sc://127.0.0.1:{closed}", "no Connect server answers at 127.0.0.1:{closed}: Connection refused."),
        ("sc://127.0.0.1:{closed}/;token=secret", "no Connect server answers at 127.0.0.1:{closed}: "),
        ("sc:///;token=secret", "names no host"),
        ("sc://host:port/;token=secret", "is no address of a Connect server"),
    ],
)
def test_a_server_that_is_not_there_is_said_at_once(
    master: str, said: str, sample_lake: batchlake.Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where gRPC would try for minutes in silence; what an address holds besides isn't shown."""
    if why := missing():
        pytest.skip(why)
    for name in ("grpc_proxy", "https_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        closed = held.getsockname()[1]
        done = run(
            "batches", "--engine", "spark", "--spark-master", master.format(closed=closed),
            lake=sample_lake.root,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert said.format(closed=closed) in done.stderr
    assert "secret" not in done.stderr


def test_an_older_spark_is_refused() -> None:
    """3.5 and later have what is sent, whatever a vendor puts behind the number."""
    for version in ("3.5.0", "3.5.1-amzn-1", "4.3.0", "10.0", "dev"):
        check_version(version)
    with pytest.raises(InvalidRequest, match=r"this Spark is 3\.4\.4; questions need 3\.5 or later"):
        check_version("3.4.4")
