"""`said` and `contacts`: what people said, and who was reached."""

from __future__ import annotations

from typing import Any

import click

from batchlake.cli.arguments.parameters import Count, option
from batchlake.cli.arguments.request import answer_options, read_request, table_options
from batchlake.cli.arguments.selection import selection_options
from batchlake.cli.display.answers import masked, write_lines
from batchlake.cli.display.listed import Listed, write_result
from batchlake.cli.display.verb_rows import nothing_matches
from batchlake.output.formats import ROW_FORMATS


@click.command("said")
@click.argument("words", metavar="TEXT")
@selection_options(speaker=False)
@option("--speaker", type=click.Choice(["human", "ai", "unknown", "any"]), default="human", show_default=True,
        help="Who said it.")  # fmt: skip
@option("--context", "before", type=Count(0), default=1, show_default=True, metavar="N",
        help="Utterances before it.")  # fmt: skip
@table_options("said")
@answer_options(ROW_FORMATS)
@click.pass_context
def said_command(context: click.Context, /, words: str, before: int, **given: Any) -> None:
    """Who said it: the utterances that hold a text, newest first, each with its call and what was said
    before.

    Case, quotes and blanks don't count, as in common responses.

    \b
    batchlake said "call me back" --last 7d
    batchlake said "transfer me" --columns time,number,text --csv
    """
    from batchlake.screens.said import said_screen, times_said

    speaker = given["speaker"]
    request = read_request(context, {**given, "speaker": None})
    lake = request.lake
    wanted = lake.selected_filter(request.filter, request.period)
    found = lake.said(words, speaker=speaker, context=before, filter=wanted)
    if request.format != "table" or request.columns or request.sort or request.vertical or request.wide:
        write_result(request, found, "said", worded=_before_in_words)
        return
    rows = found.to_dicts()
    others = 0
    if speaker != "any":
        others = len(lake.said(words, speaker="any", context=0, filter=wanted)) - len(rows)
    shown = rows if request.limit is None else rows[: request.limit]

    def notes() -> list[str]:
        if not rows and not others:
            return (
                [f"Nobody said that. {nothing_matches(request)}"]
                if not request.lake.calls(wanted, limit=1).to_dicts()
                else ["Nobody said that."]
            )
        counted = times_said(
            len(rows), len({(row["source"], row["call"]) for row in rows}), speaker, others, len(shown)
        )
        return [f"{counted}; times in {request.timezone}."]

    if request.mask:
        listed = Listed.of(shown)
        shown = Listed(listed.columns, list(masked(request, listed))).dicts()
    write_lines(request, said_screen(shown, words, request.page), notes, rows=lambda: len(shown))


@click.command("contacts")
@selection_options()
@option("--reached/--not-reached", "reached", default=None, help="Reached is completed.")
@option("--min-attempts", type=Count(), default=1, metavar="N", help="Tried so often at least.")
@table_options("contacts")
@answer_options(ROW_FORMATS)
@click.pass_context
def contacts_command(
    context: click.Context, /, reached: bool | None, min_attempts: int, **given: Any
) -> None:
    """The people called: how often each number was tried, on which attempt reached, and what that took.

    A contact is the number that isn't yours; reached is a completed call. For the best hour ask
    `analytics --by hour_of_day`, for later attempts `analytics --by attempt`.

    \b
    batchlake contacts --not-reached --min-attempts 3
    batchlake contacts --last 30d --csv -o contacts.csv
    """
    from batchlake.screens.contacts import contacts_head

    request = read_request(context, given)
    lake = request.lake
    wanted = lake.selected_filter(request.filter, request.period)
    # What is sorted otherwise is sorted whole, here.
    limit = None if request.sort else request.row_options.limit
    found = lake.contacts(wanted, reached=reached, min_attempts=min_attempts, limit=limit)
    head = []
    if (
        request.format == "table"
        and not (request.columns or request.vertical)
        and reached is None
        and min_attempts == 1
    ):
        attempts, without = lake.attempts(wanted)
        if attempts:
            head = list(contacts_head(attempts, without, request.page))

    def nothing() -> str:
        is_chosen = reached is not None or min_attempts > 1
        return "No contact is of that kind." if is_chosen else nothing_matches(request)

    write_result(request, found, "contacts", worded=_attempt_in_words, before=head, empty=nothing)


def _before_in_words(row: dict[str, Any]) -> dict[str, Any]:
    before = " / ".join(f"{one['speaker']}: {one['text']}" for one in row["before"])
    return row | {"before": before or None}


def _attempt_in_words(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"reached_on": row["reached_on"] and f"attempt {row['reached_on']}"}
