"""What of a transcript was spoken, on platforms whose transcripts hold more: tool calls, prompts, keys.

Input: a transcript's entries or its text, and the roles that the platform's `FieldList` calls spoken. Output:
the same without what was not spoken, and what that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from batchlake.ingest.parse.fields import FieldList
from batchlake.ingest.parse.json_values import JSON_FAULTS, decoded, elements_of, fields_of, joined, opens

_HEAD_BYTES: Final = 64


class Spoken:
    """Finds what was spoken in the transcripts of one platform.

    Args:
        fields: names the roles, and the labels of lines that are no utterances.
    """

    def __init__(self, fields: FieldList) -> None:
        self._roles = fields.spoken
        self._text_key = next(iter(fields.utterances.get("text", ())), "text")
        self._unspoken = _lines_of(fields.unspoken, fields.spoken) if fields.unspoken else None

    def text_of(self, text: str, path: str, extra: dict[str, bytes]) -> str | None:
        """A transcript in one text without lines that are no utterances, which are put into `extra`.

        It begins with the end of a line: its labels stand at the beginnings of lines, the first one, too.
        """
        if self._unspoken and (cut := [found[0].strip() for found in self._unspoken.finditer(text)]):
            extra[path] = msgspec.json.encode(cut)
            text = self._unspoken.sub("", text)
        return f"\n{text.strip()}" if text.strip() else None

    def as_objects(self, listed: bytes | msgspec.Raw) -> bytes | msgspec.Raw:
        """A list of utterances in which a plain text stands for an utterance with that text."""
        if bytes(memoryview(listed)[1:_HEAD_BYTES]).lstrip()[:1] in (b"{", b"]"):
            return listed
        elements = (
            joined({self._text_key: one}) if opens(one, b'"') else bytes(one) for one in elements_of(listed)
        )
        return b"[" + b",".join(elements) + b"]"

    def skipped(self, speakers: Sequence[Any], texts: Sequence[str | None]) -> list[int]:
        """The places of entries that are no utterances: of another role, or without text."""
        roles = self._roles
        return [
            place
            for place, (speaker, text) in enumerate(zip(speakers, texts, strict=True))
            # Nearly every entry is an utterance, of a role as the platform spells it.
            if not (text and type(speaker) is str and speaker in roles and not text.isspace())
            and (
                not text
                or not text.strip()
                or (speaker is not None and str(speaker).strip().lower() not in roles)
            )
        ]


def first_in(listed: bytes | msgspec.Raw, key: str) -> Any:
    """What the first element of a list has under a key; None where there is none."""
    if not opens(listed, b"["):
        return None
    text = bytes(listed)
    try:
        # Up to its first closing brace a flat object is whole; most are, and needn't be found among all.
        fields = fields_of(text[1 : text.find(b"}") + 1].lstrip())
    except JSON_FAULTS:
        first = next(iter(elements_of(listed)), b"")
        fields = fields_of(first) if opens(first, b"{") else {}
    return decoded(fields[key]) if key in fields else None


def _lines_of(labels: Iterable[str], others: Iterable[str]) -> re.Pattern[str]:
    """Matches what stands behind these labels in a text, up to the next label at the beginning of a line."""
    begin, end = (
        rf"^[^\S\n]*(?:{'|'.join(map(re.escape, sorted(some)))})[^\S\n]*:" for some in (labels, others)
    )
    return re.compile(rf"{begin}.*?(?={begin}|{end}|\Z)", re.DOTALL | re.IGNORECASE | re.MULTILINE)
