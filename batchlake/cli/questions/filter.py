"""`filter compile` and `filter schema`: a filter seen from the inside."""

from __future__ import annotations

import json
from typing import Any

import click

from batchlake.cli.arguments.options import format_option, quiet_as_it_is
from batchlake.cli.arguments.parameters import option, refuse
from batchlake.cli.arguments.request import timezone_option
from batchlake.cli.arguments.selection import read_whole_filter, saved_filters, selection_options
from batchlake.cli.arguments.settings import config_option
from batchlake.cli.failures import note_format
from batchlake.output.formats import DOCUMENT_FORMATS


@click.group("filter")
def filter_command() -> None:
    """What a filter compiles to, and what a filter may hold.

    \b
    batchlake filter compile --status failed --last 7d
    batchlake filter list
    """


@filter_command.command("compile")
@quiet_as_it_is
@click.argument("filter_text", metavar="[JSON]", required=False)
@selection_options()
@timezone_option
@config_option
@option("--inline", "inlined", is_flag=True, help="The SQL with its values written in, for pasting.")
@option("--dialect", metavar="NAME", help="A whole query for another engine, values written in.")
@format_option(DOCUMENT_FORMATS)
@click.pass_context
def compile_command(
    context: click.Context,
    /,
    filter_text: str | None,
    inlined: bool,
    dialect: str | None,
    output_format: str,
    timezone: str,
    **given: Any,
) -> None:
    """Object, SQL, parameters and sentence of a filter: flags, JSON, @NAME, @FILE, or - for standard input.

    \b
    batchlake filter compile --status failed --min-duration 2m --last 7d
    batchlake filter compile '{"outcome": "failed"}' --inline
    """
    from batchlake.filters.compile import compile_filter
    from batchlake.filters.render import inline, render

    if dialect or inlined:
        name = "--dialect" if dialect else "--inline"
        refuse(("output_format", "short_json"), f"beside {name}, which prints SQL")
    if dialect:
        refuse({"inlined"}, "beside --dialect, which writes values in")
    if filter_text is not None:
        given["filter_texts"] = (filter_text, *given["filter_texts"])
    wanted = read_whole_filter(context, given, timezone)
    compiled = compile_filter(wanted)
    if dialect:
        click.echo(render(wanted, dialect))
    elif inlined:
        click.echo(inline(compiled))
    elif output_format == "table":
        click.echo(f"{compiled.description}\n\n{compiled.sql}")
        for name, value in compiled.params.items():
            click.echo(f"  ${name} = {_plain(value)!r}")
    else:
        parameters = {name: _plain(value) for name, value in compiled.params.items()}
        document = {
            "filter": wanted.model_dump(mode="json"),
            "sql": compiled.sql,
            "params": parameters,
            "description": compiled.description,
        }
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@filter_command.command("list")
@quiet_as_it_is
@config_option
@click.pass_context
def list_command(context: click.Context) -> None:
    """The saved filters of the settings, as JSON, each with its sentence."""
    from batchlake.filters.compile import compile_filter

    note_format("json")
    found = {
        name: {"filter": wanted, "description": compile_filter(wanted).description}
        for name, wanted in saved_filters(context).items()
    }
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@filter_command.command("schema")
@quiet_as_it_is
def schema_command() -> None:
    """The JSON Schema of the filter object."""
    from batchlake.filters.reference import filter_schema

    note_format("json")
    click.echo(json.dumps(filter_schema(), indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list) or value is None else str(value)
