"""The prompt: editing over several lines, colours, history, and when Enter ends a statement."""

from __future__ import annotations

from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import ColorDepth
from pygments.lexers.sql import PostgresLexer  # type: ignore[import-untyped]

from batchlake.console.commands import is_command
from batchlake.erasure.local import history_file
from batchlake.query.statements import is_begun, is_complete

_PROMPT: Final = "lake> "
_MORE: Final = "  ... "


def make_prompt(completer: Completer, *, colour: bool) -> PromptSession[str]:
    """A prompt that keeps its history in the XDG state folder."""
    return PromptSession(
        _PROMPT,
        multiline=True,
        prompt_continuation=_MORE,
        key_bindings=_keys(),
        lexer=PygmentsLexer(PostgresLexer),
        completer=completer,
        complete_while_typing=False,
        history=_history(),
        enable_history_search=False,
        color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
    )


def is_finished(text: str) -> bool:
    """Whether Enter runs what was typed: whole statements, a command, nothing at all, or what is not SQL.

    >>> is_finished("select 1"), is_finished("select 1;"), is_finished("exit"), is_finished("\\\\filter {")
    (False, True, True, False)
    """
    if is_command(text):
        return text.count("{") <= text.count("}")
    # To wait for the semicolon of what can't become a statement would spoil what is typed next.
    return is_complete(text) or not is_begun(text)


def _history() -> History:
    """The history on disk, or one that lasts as long as the console where the disk doesn't take it."""
    file = history_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        return FileHistory(file)
    except OSError:
        return InMemoryHistory()


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None
        elif is_finished(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.newline()

    return keys
