"""Processes of this machine: which of them live, and the temporary folders of those that died."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Final

_OWN_FOLDER: Final = re.compile(r"batchlake-(\d+)-(\d+)-\w+")


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs, of any user."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def pid_namespace() -> int | None:
    """This container's namespace of process ids, which repeat in others; None where it isn't known."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return None


class TemporaryFolder:
    """A folder of this process's own below the system's temporary folder; it goes with the object.

    Its name carries the number of the process, so that another can clear it if this one is killed.

    Raises:
        OSError: it can't be made.
    """

    def __init__(self) -> None:
        prefix = f"batchlake-{os.getpid()}-{pid_namespace() or 0}-"
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        self._removal = weakref.finalize(self, _remove, self.path, os.getpid())

    def __fspath__(self) -> str:
        return str(self.path)

    def remove(self) -> None:
        """Remove it now."""
        self._removal()


def clear_dead_folders() -> None:
    """Remove the temporary folders of this user's processes that were killed. What can't be removed stays."""
    namespace = pid_namespace() or 0
    try:
        with os.scandir(tempfile.gettempdir()) as entries:
            found = [(entry, name) for entry in entries if (name := _OWN_FOLDER.fullmatch(entry.name))]
            for entry, name in found:
                if int(name[2]) == namespace and not is_alive(int(name[1])) and _is_own(entry):
                    shutil.rmtree(entry.path, ignore_errors=True)
    except OSError:
        return


def _is_own(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == os.getuid()
    except OSError:
        return False


def _remove(path: Path, pid: int) -> None:
    # A fork has a copy of the object, and its parent still the folder.
    if os.getpid() == pid:
        shutil.rmtree(path, ignore_errors=True)
