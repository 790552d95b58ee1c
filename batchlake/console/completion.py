"""Completion at the prompt: backslash commands, relations, columns, functions, keywords."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from batchlake.console.catalogue import Catalogue, Name
from batchlake.console.commands import COMMANDS, choices
from batchlake.errors import BatchlakeError

_WORD = re.compile(r"(\w+)\.(\w*)$|(\w*)$")
_AFTER_RELATION = re.compile(r"\b(from|join|describe|summarize)\s+\w*$", re.IGNORECASE)
_WORDS_WIDTH = 60


class LakeCompleter(Completer):
    """Completes the text before the cursor, each proposal with its type and unit.

    Args:
        catalogue: what there is to name.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The proposals, in the order in which they are likely meant."""
        before = document.text_before_cursor
        try:
            yield from self._command(before) if before.startswith("\\") else self._sql(before, document.text)
        except BatchlakeError:
            # A lake that can't be read now says so when it is asked, not while someone types.
            return

    def _command(self, before: str) -> Iterator[Completion]:
        name, blank, argument = before.partition(" ")
        if not blank:
            commands = [Name(command, "command", words) for command, (_, words) in COMMANDS.items()]
            yield from _proposals(commands, name)
        elif "\n" not in argument:
            yield from _proposals(choices(name, self.catalogue), argument)

    def _sql(self, before: str, text: str) -> Iterator[Completion]:
        match = _WORD.search(before)
        if not match:
            return
        relation, column, word = match.groups()
        if relation:
            yield from _proposals(self.catalogue.columns_of(relation, text), column)
        elif _AFTER_RELATION.search(before):
            yield from _proposals(self.catalogue.relations(), word)
        elif word:
            yield from _proposals(self.catalogue.columns_near(text), word)
            yield from _proposals(self.catalogue.relations(), word)
            yield from _proposals(self.catalogue.functions(), word)
            yield from _proposals(self.catalogue.keywords(), word)


def _proposals(names: Sequence[Name], begun: str) -> Iterator[Completion]:
    for name in names:
        if name.text.lower().startswith(begun.lower()):
            words = f"{name.kind}: {name.words}" if name.words else name.kind
            yield Completion(name.text, start_position=-len(begun), display_meta=words[:_WORDS_WIDTH])
