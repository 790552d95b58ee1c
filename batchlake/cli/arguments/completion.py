"""What the shell completes: ids of batches and agents, dimensions, metrics, columns, words.

Input: what is typed so far. Output: the words that continue it. A lake that can't be read completes
nothing, and says nothing: somebody is typing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from batchlake.errors import BatchlakeError

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
_MOST: Final = 200


def _of_lake(query: str) -> Complete:
    """What completes a word with what a query of the lake gives."""

    def complete(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
        from batchlake.lake import Lake

        path = context.params.get("lake_path") or os.environ.get("BATCHLAKE_LAKE") or "lake"
        try:
            rows = list(Lake(path).sql(query, {"begun": begun, "most": _MOST}).rows())
        except (BatchlakeError, OSError):
            return []
        return [CompletionItem(word, help=words) for word, words in rows if word]

    return complete


batch_ids: Final = _of_lake(
    "select batch_id, coalesce(status, '') from batches "
    "where starts_with(batch_id, $begun) order by created_at desc nulls last, batch_id limit $most"
)
call_ids: Final = _of_lake(
    "select call_id, status from calls where starts_with(call_id, $begun) order by call_id limit $most"
)
extra_fields: Final = _of_lake(
    # Of some calls: completion must not wait for all of them.
    "select distinct entry.key as field, 'own field' "
    "from (select extra from calls where extra is not null limit 20000) as held, "
    "json_each(held.extra) as entry where starts_with(entry.key, $begun) order by 1 limit $most"
)
sources: Final = _of_lake(
    "select distinct source, '' from calls where starts_with(source, $begun) order by 1 limit $most"
)
currencies: Final = _of_lake(
    "select distinct currency, '' from calls "
    "where starts_with(currency, upper($begun)) order by 1 limit $most"
)
agents: Final = _of_lake(
    "from (select distinct unnest([agent_name, agent_id]) as agent, '' from calls) "
    "where starts_with(lower(agent), lower($begun)) order by agent limit $most"
)
_runs: Final = _of_lake(
    "select right(run_id, 6) as id, kind from runs where starts_with(id, $begun) "
    "order by finished_at desc limit $most"
)


def moments(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Words for times, and the lake's runs by their ends, newest first."""
    return [*_items([("yesterday", ""), ("today", "")], begun), *_runs(context, parameter, begun)]


def comparisons(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """What `--compare` takes."""
    others = filter_names if begun.startswith("@") else batch_ids
    return _items([("previous", "the period before")], begun) + others(context, parameter, begun)


def zones(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The names of time zones."""
    from batchlake.engine.quoting import zone_names

    return _items([(name, "") for name in sorted(zone_names())], begun)


def filter_names(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Saved filters, as `@name`."""
    from batchlake.cli.arguments.settings import configuration_of

    try:
        names = configuration_of(context).settings.filters
    except (BatchlakeError, OSError):
        return []
    return _items([(f"@{name}", "saved filter") for name in names], begun)


def files(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Files and folders, as the shell knows them."""
    return [CompletionItem(begun, type="file")]


def folders(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Folders, as the shell knows them."""
    return [CompletionItem(begun, type="dir")]


def dimensions(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """What calls can be grouped by; behind commas too."""
    from batchlake.analytics.grouped_query import DIMENSIONS

    before, comma, last = begun.rpartition(",")
    found = [(name, "dimension") for name in DIMENSIONS]
    if last.startswith("extra."):
        found = [
            (f"extra.{item.value}", "own field")
            for item in extra_fields(context, parameter, last.removeprefix("extra."))
        ]
    return [CompletionItem(f"{before}{comma}{item.value}", help=item.help) for item in _items(found, last)]


def metric_families(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The families of metrics; behind commas too."""
    from batchlake.models.blocks import FAMILIES

    words = [*FAMILIES, "all"]
    before, comma, last = begun.rpartition(",")
    return [CompletionItem(f"{before}{comma}{word}") for word in words if word.startswith(last)]


def columns(verb_name: str) -> Complete:
    """The columns of a verb's rows; behind commas too."""

    def complete(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
        before, comma, last = begun.rpartition(",")
        sign = last[:1] if last[:1] in ("+", "-") else ""
        return [
            CompletionItem(f"{before}{comma}{sign}{name}")
            for name in _names_of_columns(verb_name)
            if name.startswith(last.removeprefix(sign))
        ]

    return complete


def _names_of_columns(verb_name: str) -> Iterable[str]:
    from batchlake.cli.display.listed import COLUMNS
    from batchlake.models.group_rows import FIGURES
    from batchlake.query.columns import verb

    if verb_name in COLUMNS:
        return [column.name for _, column, _ in COLUMNS[verb_name]]
    return [column.name for column in (FIGURES if verb_name == "analytics" else verb(verb_name).columns)]


def known_words(kind: str) -> Complete:
    """Fixed words."""

    def complete(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
        return _items([(word, "") for word in _words(kind)], begun)

    return complete


def _words(kind: str) -> Iterable[str]:
    from batchlake.schema import DIRECTIONS, SPEAKERS
    from batchlake.text.statuses import OUTCOMES, STATUSES

    if kind == "period":
        from batchlake.filters.values.period import PERIODS

        return PERIODS
    return {
        "outcome": OUTCOMES,
        "status": STATUSES,
        "direction": DIRECTIONS,
        "speaker": SPEAKERS,
        "sentiment": ("positive", "neutral", "negative"),
        "age": ("24h", "7d", "8w", "3mo", "1y"),
        "moment": ("yesterday", "today", "24h", "7d"),
    }[kind]


def _items(found: Iterable[tuple[Any, ...]], begun: str) -> list[CompletionItem]:
    return [CompletionItem(word, help=words) for word, words in found if word.startswith(begun)]
