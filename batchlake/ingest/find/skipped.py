"""What an ingest of a folder, an archive or a bucket skips."""

from __future__ import annotations

from pathlib import PurePath


def is_skipped(path: PurePath) -> bool:
    """Whether a file of this path, from the folder or archive that was named, is hidden, macOS's or Markdown.

    >>> [is_skipped(PurePath(name)) for name in ("a/b.json", "a/.git/b.json", "__MACOSX/b.json", "README.MD")]
    [False, True, True, True]
    """
    parts = [part for part in path.parts if part not in (".", "..")]
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or path.suffix.lower() == ".md"
