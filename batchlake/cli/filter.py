"""`filter compile` and `filter schema`: a filter seen from the inside."""

from __future__ import annotations

import json
from typing import Any

import click

from batchlake.cli.failures import note_format
from batchlake.cli.options import format_option, read_filter_option
from batchlake.cli.parameters import option
from batchlake.output.formats import DOCUMENT_FORMATS


@click.group("filter")
def filter_command() -> None:
    """What a filter compiles to, and what a filter may hold."""


@filter_command.command("compile")
@click.argument("filter_text", metavar="JSON")
@option("--inline", "inlined", is_flag=True, help="The SQL with its values written in, for pasting.")
@option("--dialect", metavar="NAME", help="A whole query for another engine, values written in.")
@format_option(DOCUMENT_FORMATS)
def compile_command(filter_text: str, inlined: bool, dialect: str | None, output_format: str) -> None:
    """SQL, parameters and sentence of a filter: JSON, @FILE, or - for standard input."""
    from batchlake.filters.compile import compile_filter
    from batchlake.filters.model import ALL
    from batchlake.filters.render import inline, render

    wanted = read_filter_option([filter_text]) or ALL
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
        document = {"sql": compiled.sql, "params": parameters, "description": compiled.description}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@filter_command.command("schema")
def schema_command() -> None:
    """The JSON Schema of the filter object."""
    from batchlake.filters.reference import filter_schema

    note_format("json")
    click.echo(json.dumps(filter_schema(), indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list) or value is None else str(value)
