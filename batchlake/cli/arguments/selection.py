"""Which calls a verb is about: short flags for the keys of the filter object, `--filter`, and periods.

Input: the flags. Output: one `Filter` (all flags and all `--filter`s hold together) and a `Period`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from batchlake.cli.arguments.completion import (
    agents,
    batch_ids,
    call_ids,
    currencies,
    extra_fields,
    known_words,
    sources,
)
from batchlake.cli.arguments.options import filter_option, read_text
from batchlake.cli.arguments.parameters import Command, option
from batchlake.cli.arguments.settings import configuration_of
from batchlake.errors import InvalidRequest

if TYPE_CHECKING:
    from batchlake.errors import FilterFault
    from batchlake.filters.model import Filter
    from batchlake.filters.values.period import Period

_LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|)")
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}
_FIXED: Final = ("outcome", "status", "direction", "currency", "sentiment")
"""Flags whose words are fixed, so that commas part them."""

_LISTED: Final = {
    "batch": "batch_id",
    "call": "call_id",
    "from_source": "source",
    "outcome": "outcome",
    "status": "status",
    "direction": "direction",
    "currency": "currency",
    "number": "phone_number",
}
_FLAGS: Final = {
    "success": "success",
    "test": "is_test",
    "transcript": "has_transcript",
    "recording": "has_recording",
}
_RANGES: Final = {"duration": "duration", "cost": "cost", "engagement": "engagement"}


class _Length(click.ParamType[float]):
    """A length of a call: `90`, `90s`, `2m`, in seconds."""

    name = "length"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        match = _LENGTH.fullmatch(str(value).strip())
        if not match:
            self.fail(f"{value!r} is not a length of time; write 90, 90s or 2m", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


def _several(*names: str, **settings: Any) -> Callable[[Command], Command]:
    return option(*names, multiple=True, **settings)


def selection_options(
    *, source: bool = True, period: bool = True, speaker: bool = True
) -> Callable[[Command], Command]:
    """All flags that choose calls.

    Args:
        source: with `--source`, where that isn't the verb's own.
        period: with periods of calls.
        speaker: with `--speaker`, where that isn't the verb's own.
    """

    def add(command: Command) -> Command:
        options: list[Callable[[Command], Command]] = [
            _several("--batch", metavar="ID", shell_complete=batch_ids, help="Of this batch."),
            _several("--call", metavar="ID", shell_complete=call_ids, help="This call."),
            *([_several("--source", "from_source", metavar="NAME", shell_complete=sources,
                       help="From this platform.")]
              if source else []),
            _several("--agent", metavar="NAME", shell_complete=agents,
                     help="By its id or its name."),
            _several("--outcome", metavar="WORD", shell_complete=known_words("outcome"),
                     help="completed, failed, in_progress, unknown."),
            _several("--status", metavar="WORD", shell_complete=known_words("status"),
                     help="completed, busy, no_answer, ..."),
            _several("--direction", metavar="WORD", shell_complete=known_words("direction"),
                     help="inbound, outbound, web."),
            _several("--currency", metavar="CODE", shell_complete=currencies, help="Costs in EUR, USD, ..."),
            _several("--number", metavar="NUMBER", help="From or to it; +1415* for those that begin so."),
            option("--min-duration", type=_Length(), metavar="TIME", help="90, 90s, 2m."),
            option("--max-duration", type=_Length(), metavar="TIME", help="90, 90s, 2m."),
            option("--min-cost", metavar="AMOUNT", help="As 0.10."),
            option("--max-cost", metavar="AMOUNT", help="As 1.00."),
            option("--min-engagement", type=float, metavar="0..1", help="The engagement score."),
            option("--max-engagement", type=float, metavar="0..1", help="The engagement score."),
            option("--text", metavar="TEXT", help="Somebody said this, however it is spelled."),
            *([option("--speaker", metavar="WHO", shell_complete=known_words("speaker"),
                      help="Who said --text: human, ai.")] if speaker else []),
            _several("--sentiment", metavar="WORD", shell_complete=known_words("sentiment"),
                     help="Mainly positive, neutral or negative, by the scores."),
            option("--success/--no-success", default=None, help="As the platform says."),
            option("--test/--no-test", default=None, help="Test calls, or none."),
            option("--transcript/--no-transcript", default=None, help="With a transcript, or without."),
            option("--recording/--no-recording", default=None, help="With a recording, or without."),
            _several("--extra", metavar="FIELD[=VALUE]", shell_complete=extra_fields,
                     help="A field of the exports' own: campaign=autumn."),
        ]  # fmt: skip
        for one in reversed(options):
            command = one(command)
        command = filter_option(command)
        return period_options("of calls")(command) if period else command

    return add


def period_options(of: str) -> Callable[[Command], Command]:
    """`--since`, `--until`, `--last`, `--period`."""

    def add(command: Command) -> Command:
        for one in (
            option("--period", "whole_period", metavar="PERIOD", shell_complete=known_words("period"),
                   help="A whole one: yesterday, last-week, 2026-11, 2026-W47, last-7d."),
            option("--last", metavar="AGE", shell_complete=known_words("age"),
                   help="24h, 7d, 8w, 3mo: the running day, week or month included."),
            option("--until", metavar="TIME", shell_complete=known_words("moment"), help="Before this time."),
            option("--since", metavar="TIME", shell_complete=known_words("moment"),
                   help=f"From this time on, {of}: 2026-11-01, yesterday, 7d."),
        ):  # fmt: skip
            command = one(command)
        return command

    return add


def read_period(given: Mapping[str, Any], timezone: str) -> Period | None:
    """The period that the flags name; None without any.

    Raises:
        InvalidRequest: two of them name it, or one is no period.
    """
    since, until, last, whole = (given.get(name) for name in ("since", "until", "last", "whole_period"))
    if last is not None and (since is not None or until is not None):
        raise InvalidRequest("--last says both ends. Leave --since and --until away.")
    if last is not None and whole is not None:
        raise InvalidRequest("--last and --period both name the period; give one.")
    if whole is not None and (since is not None or until is not None):
        raise InvalidRequest("--period says both ends. Leave --since and --until away.")
    if since is None and until is None and last is None and whole is None:
        return None
    from datetime import UTC, datetime

    from batchlake.engine.quoting import zone_named
    from batchlake.filters.values import period

    zone, now = zone_named(timezone), datetime.now(UTC)
    if last is not None:
        return period.last(last, timezone=zone, now=now)
    if whole is not None:
        return period.whole(whole, timezone=zone, now=now)
    return period.between(since, until, timezone=zone, now=now, names=("--since", "--until"))


def read_selection(context: click.Context, given: Mapping[str, Any], timezone: str) -> Filter | None:
    """The filter that flags and `--filter`s make together; None without any.

    Raises:
        InvalidFilter: with every fault of every one.
        InvalidRequest: a flag is invalid.
    """
    texts: tuple[str, ...] = given.get("filter_texts") or ()
    flags = _flag_filters(given)
    if not texts and not flags:
        return None
    from batchlake.errors import InvalidFilter
    from batchlake.filters.parse import both, parse_filter, read_filter
    from batchlake.filters.values.zone import in_zone

    found: list[Filter] = []
    faults: list[FilterFault] = []
    with in_zone(timezone):
        for text in texts:
            try:
                found.append(_named_filter(context, text) or parse_filter(read_text(text)))
            except InvalidFilter as error:
                faults += error.faults
        for one in flags:
            try:
                found.append(read_filter(one))
            except InvalidFilter as error:
                faults += error.faults
    if faults:
        raise InvalidFilter(faults)
    return both(found)


def read_whole_filter(context: click.Context, given: Mapping[str, Any], timezone: str) -> Filter:
    """The filter that flags, `--filter`s and a period make together; without any that of every call.

    Raises:
        InvalidFilter, InvalidRequest: one of them is invalid.
    """
    from batchlake.filters.model import ALL
    from batchlake.filters.parse import within_period

    wanted, period = read_selection(context, given, timezone) or ALL, read_period(given, timezone)
    return wanted if period is None else within_period(wanted, period)


def read_comparison(context: click.Context, given: str | None, timezone: str) -> str | Filter | None:
    """What `--compare` names: `previous`, a batch's id, or a filter as `--filter` takes it.

    Raises:
        InvalidFilter, InvalidRequest: it is invalid.
    """
    if given is None or not (given.lstrip().startswith(("{", "@")) or given == "-"):
        return given
    return read_selection(context, {"filter_texts": (given,)}, timezone)


def read_typed_filter(context: click.Context, typed: str, timezone: str) -> Filter:
    """The filter that somebody typed in a line: JSON, `@name`, `@FILE`, or flags as `--last 7d --agent Ava`.

    Raises:
        InvalidFilter, InvalidRequest: it is invalid.
    """
    if not typed.startswith("-"):
        return read_whole_filter(context, {"filter_texts": (typed,)}, timezone)
    command = click.Command("\\filter", add_help_option=False)
    selection_options()(command)
    try:
        # Without a parent: its options are given for themselves.
        given = command.make_context("\\filter", shlex.split(typed)).params
    except click.UsageError as error:
        raise InvalidRequest(error.format_message(), typed=typed) from error
    except ValueError as error:
        raise InvalidRequest(f"{typed!r} can't be read as flags: {error}.", typed=typed) from error
    return read_whole_filter(context, given, timezone)


def read_filter_option(texts: Sequence[str]) -> Filter | None:
    """The filter that `--filter` alone gives, None where it isn't given: of several, that all of them hold.

    Raises:
        InvalidFilter: with every fault of every one.
    """
    return read_selection(click.get_current_context(), {"filter_texts": tuple(texts)}, "UTC")


def _named_filter(context: click.Context, text: str) -> Filter | None:
    """The saved filter that `@name` means; None where the text means something else."""
    if not text.startswith("@") or "/" in text:
        return None
    saved = saved_filters(context)
    if text[1:] not in saved:
        return None
    if Path(text[1:]).exists():
        raise InvalidRequest(f"{text} is a saved filter and a file; say @./{text[1:]} for it.")
    from batchlake.filters.parse import read_filter

    return read_filter(saved[text[1:]])


def saved_filters(context: click.Context) -> dict[str, Any]:
    """The filters of the settings, by name."""
    return dict(configuration_of(context).settings.filters)


def _flag_filters(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The filter objects that the flags spell."""
    found: dict[str, Any] = {}
    for name, key in _LISTED.items():
        if given.get(name):
            found[key] = _values(name, given[name])
    for name, key in _FLAGS.items():
        if given.get(name) is not None:
            found[key] = given[name]
    for name, key in _RANGES.items():
        bounds = {
            bound: given[f"{bound}_{name}"]
            for bound in ("min", "max")
            if given.get(f"{bound}_{name}") is not None
        }
        if bounds:
            found[key] = bounds
    if given.get("sentiment"):
        found["sentiment"] = {"mainly": _values("sentiment", given["sentiment"])}
    text, speaker = given.get("text"), given.get("speaker")
    if text is not None:
        found["text"] = {"contains": text} | ({"speaker": speaker} if speaker else {})
    elif speaker:
        raise InvalidRequest("--speaker says who said --text; give that too.")
    filters = [found] if found else []
    if names := given.get("agent"):
        filters.append({"any": [{"agent_id": names}, {"agent_name": names}]})
    filters += _extra_filters(given.get("extra") or ())
    return filters


def _extra_filters(given: tuple[str, ...]) -> list[dict[str, Any]]:
    """`campaign=autumn` is a value, `campaign` alone that there is one; one field given again means
    either."""
    fields: dict[str, list[Any]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name:
            raise InvalidRequest(f"--extra takes a field, as campaign or campaign=autumn, not {text!r}.")
        fields.setdefault(name, []).append(value if equals else None)
    return [
        {"extra": {name: {"exists": True} if None in values else values}} for name, values in fields.items()
    ]


def _values(name: str, given: tuple[str, ...]) -> list[str]:
    """What was given, parted at commas where words are fixed; none are a fault of the filter."""
    if name not in _FIXED:
        return list(given)
    return [part.strip() for text in given for part in text.split(",") if part.strip()]
