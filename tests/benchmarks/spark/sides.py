"""Sides that answer one question after the other, each in a process that stays: Spark begins slowly."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from tests.benchmarks.runner import CHECKOUT

_ENDING_SECONDS: Final = 20
_STARTING_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What a side made of a question.

    Attributes:
        seconds: how long it took; None where there is no answer.
        digest: of the answer.
        note: why there is none.
    """

    seconds: float | None = None
    digest: str = ""
    note: str = ""


class AnsweringSide:
    """A process that answers, begun with the first question and anew after one that had to be ended.

    Args:
        options: what `answering` is given: the engine, and for Spark a folder and settings.
        environ: environment variables of its own.
        log: what it says on standard error.
    """

    def __init__(self, options: Sequence[str], environ: dict[str, str], log: Path) -> None:
        self.peak_mb = 0.0
        self._command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.spark.answering", *options]
        self._environ = os.environ | environ
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def ask(self, question: str, lake: Path, calls: int, seconds: float) -> Answer:
        """Its answer, or none after so many seconds, or where it fails; the next question is asked anyhow."""
        if seconds <= 0:
            return Answer(note="not asked: no time was left")
        try:
            process = self._begun()
        except _NoAnswer as error:
            return Answer(note=f"didn't begin: {error}")
        assert process.stdin is not None
        began = time.monotonic()
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps({"question": question, "lake": str(lake), "calls": calls}) + "\n")
            process.stdin.flush()
        try:
            said = self._next(seconds)
        except _NoAnswer as error:
            self.close(at_once=True)
            slow = time.monotonic() - began >= seconds
            return Answer(note=f"over {seconds:,.0f} s" if slow else f"failed: {error}")
        self.peak_mb = max(self.peak_mb, said["peak_mb"])
        if "error" in said:
            return Answer(note=f"failed: {said['error'][:160]}")
        return Answer(said["seconds"], said["digest"])

    def close(self, *, at_once: bool = False) -> None:
        """End the process, and what it began."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.close()
        if not at_once:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_ENDING_SECONDS)
        # Spark's Java and its workers are in its group.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._reader.join()
        process.stdout.close()

    def _begun(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._said = queue.Queue()
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, cwd=CHECKOUT, env=self._environ, text=True, start_new_session=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                )  # fmt: skip
            assert self._process.stdout is not None
            self._reader = threading.Thread(
                target=_read, args=(self._process.stdout, self._said), daemon=True
            )
            self._reader.start()
            try:
                self._next(_STARTING_SECONDS)
            except _NoAnswer:
                self.close(at_once=True)
                raise
        return self._process

    def _next(self, seconds: float) -> dict[str, Any]:
        """What it says next.

        Raises:
            _NoAnswer: it ended, or says nothing for so long.
        """
        with suppress(queue.Empty):
            said = self._said.get(timeout=seconds)
            if said is not None:
                return said
        lines = self._log.read_text(errors="replace").strip().splitlines()
        raise _NoAnswer(lines[-1][:160] if lines else "it said nothing")


class _NoAnswer(Exception):
    """A side ended, or was silent for too long; the message is the last line that it wrote."""


def _read(lines: IO[str], said: queue.Queue[dict[str, Any] | None]) -> None:
    """Hand over what a process says, and None at its end."""
    for line in lines:
        # What Java or Spark may print there is no answer.
        with suppress(json.JSONDecodeError):
            said.put(json.loads(line))
    said.put(None)
