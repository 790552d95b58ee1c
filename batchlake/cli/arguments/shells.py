"""How shells ask what completes a line: bash, whose words part at `@`, `=` and `:`, and fish, whose answers
hold commas, get scripts of their own; zsh and fish keep `--option=`.

In come the line up to the cursor and what completes it, out come the rest of the word at the cursor.
"""

from __future__ import annotations

import os
from typing import Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

_SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n' line
    COMPREPLY=()
    # The line as it is typed: bash parts words at more than blanks.
    for line in $(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_BREAKS="$COMP_WORDBREAKS" \\
            %(complete_var)s=bash_complete "$1" 2>/dev/null); do
        case $line in
            dir,*) compopt -o dirnames 2>/dev/null ;;
            file,*) compopt -o default 2>/dev/null ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done
    # What goes on behind a comma, or is a field without its value yet.
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[.=] ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_FISH_SCRIPT = """\
function %(complete_func)s
    for line in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \\
            COMP_CWORD=(commandline -ct | string collect) %(prog_name)s 2>/dev/null)
        # A list such as agent,status holds commas.
        set -l parts (string split -m 1 , -- $line)
        switch $parts[1]
            case dir
                __fish_complete_directories (commandline -ct)
            case file
                __fish_complete_path (commandline -ct)
            case plain
                echo -- $parts[2]
        end
    end
end
complete --no-files --keep-order --command %(prog_name)s --arguments "(%(complete_func)s)"
"""

_LEFT_IN_WORDS = "@"
"""Readline parts words at it, and hands it to what completes them all the same."""


class Bash(BashComplete):
    """bash's way to ask, by the line itself."""

    name = "bash"
    source_template = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one at the cursor, and what of that is typed."""
        line = os.environ.get("COMP_LINE")
        if line is None:
            return super().get_completion_args()
        words = split_arg_string(line)
        begun = "" if not line or line[-1].isspace() or len(words) < 2 else words.pop()
        return words[1:], begun

    def complete(self) -> str:
        """What completes the line, a line each."""
        args, begun = self.get_completion_args()
        found = self.get_completions(args, begun)
        if begun.startswith("-"):
            # What completes `--status=no` are values.
            begun = begun.partition("=")[2] if "=" in begun else ""
        breaks = set(os.environ.get("COMP_BREAKS", "")) - set(_LEFT_IN_WORDS) - set(" \t\n")
        # Of the word at the cursor readline replaces what stands behind the last break.
        kept = max((begun.rfind(one) + 1 for one in breaks), default=0)
        return "\n".join(self._line(item, kept) for item in found)

    def _line(self, item: CompletionItem[Any], kept: int) -> str:
        value = str(item.value)[kept:]
        return f"{item.type},{quoted(value) if item.type == 'plain' else value}"


class Zsh(ZshComplete):
    """zsh's way to ask: a word is replaced whole, `--option=` in front of a value with it."""

    name = "zsh"

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """What completes the word, as it stands then."""
        return _behind_option(super().get_completions(args, incomplete), incomplete)


class Fish(FishComplete):
    """fish's way to ask: a word is replaced whole, as in zsh."""

    name = "fish"
    source_template = _FISH_SCRIPT

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """What completes the word, as it stands then."""
        return _behind_option(super().get_completions(args, incomplete), incomplete)


def _behind_option(found: list[CompletionItem[Any]], incomplete: str) -> list[CompletionItem[Any]]:
    """The completions with the option in front, where one is typed as `--status=no`."""
    option, equals, _ = incomplete.partition("=")
    if option.startswith("--") and equals:
        for item in found:
            if item.type == "plain":
                item.value = f"{option}={item.value}"
    return found


def quoted(word: str) -> str:
    """The word as bash reads it as one.

    >>> quoted("Ben Smith"), quoted("+name"), quoted("Cléo")
    ('Ben\\\\ Smith', '+name', 'Cléo')
    """
    return "".join(f"\\{one}" if one in _SPECIAL else one for one in word)


_SPECIAL = frozenset(" \t'\"\\$`&|;<>()*?[]#~!{}")


def use() -> None:
    """Let the shells ask so."""
    for one in (Bash, Zsh, Fish):
        add_completion_class(one)
