"""The prompt: editing over several lines, colours, history, and when Enter ends a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.completion import Completer
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import ColorDepth
from pygments.lexers.sql import PostgresLexer  # type: ignore[import-untyped]
from pygments.token import Keyword, Name  # type: ignore[import-untyped]

from batchlake.console.catalogue import Catalogue
from batchlake.console.commands import is_command, named
from batchlake.erasure.local import history_file
from batchlake.errors import BatchlakeError
from batchlake.query.statements import is_begun, is_complete

PROMPT: Final = "lake> "
_MORE: Final = "  ... "
_BEGUN: Final = "A statement is begun: end it with a semicolon, \\r throws it away, \\q leaves."

_HABITS: Final = frozenset(("show", "describe", "desc", "summarize", "use"))
"""What a whole line begins with that nobody means to continue."""

_HABIT_WORDS: Final = 3


def make_prompt(
    completer: Completer, catalogue: Callable[[], Catalogue], *, colour: bool
) -> PromptSession[str]:
    """A prompt that keeps its history in the XDG state folder.

    Args:
        completer: of what is typed.
        catalogue: the names of columns, which are coloured as such.
        colour: whether anything is.
    """
    return PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=_MORE,
        key_bindings=_keys(),
        lexer=PygmentsLexer(_lexer(catalogue)),
        completer=completer,
        complete_while_typing=False,
        history=_history(),
        enable_history_search=False,
        color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
    )


def is_finished(text: str) -> bool:
    """Whether Enter runs what was typed: whole statements, a command, nothing at all, or what is not SQL.

    >>> is_finished("show tables"), is_finished("describe calls"), is_finished("describe select 1 +")
    (True, True, False)
    >>> is_finished("select 1"), is_finished("select 1;"), is_finished("exit"), is_finished("\\\\filter {")
    (False, True, True, False)
    """
    if is_command(text):
        return text.count("{") <= text.count("}")
    words = text.split()
    if len(words) <= _HABIT_WORDS and words[:1] and words[0].lower() in _HABITS and "\n" not in text:
        return True
    # To wait for the semicolon of what can't become a statement would spoil what is typed next.
    return is_complete(text) or not is_begun(text)


def _lexer(catalogue: Callable[[], Catalogue]) -> type[PostgresLexer]:
    """SQL's lexer, to which the name of a column is no keyword: `cost`, `position`."""

    class LakeLexer(PostgresLexer):  # type: ignore[misc]
        def get_tokens_unprocessed(self, *given: Any) -> Iterator[tuple[int, Any, str]]:
            try:
                names = {column.text for columns in catalogue().columns().values() for column in columns}
            except BatchlakeError:
                # A lake that can't be read says so when it is asked.
                names = set()
            for place, token, text in super().get_tokens_unprocessed(*given):
                yield place, Name if token in Keyword and text.lower() in names else token, text

    return LakeLexer


def _history() -> History:
    """The history on disk, or one that lasts as long as the console where the disk doesn't take it."""
    file = history_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch()
        # What was typed may hold numbers and names.
        file.chmod(0o600)
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
        elif "\n" in buffer.text and named(last := buffer.text.rpartition("\n")[2]):
            if last.strip() in ("\\r", "\\q"):
                buffer.text = "" if last.strip() == "\\r" else "\\q"
                buffer.validate_and_handle()
                return
            run_in_terminal(lambda: print_formatted_text(_BEGUN))
            buffer.newline()
        else:
            buffer.newline()

    return keys
