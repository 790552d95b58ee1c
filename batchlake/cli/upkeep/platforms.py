"""`platforms`: which platforms are read, and what an ingest would make of an export."""

from __future__ import annotations

from pathlib import Path

import click

from batchlake.cli.arguments.options import (
    config_option,
    configuration_of,
    format_option,
    output_option,
    quiet_option,
)
from batchlake.cli.arguments.parameters import option
from batchlake.cli.display.answers import write_status_rows
from batchlake.output.formats import ROW_FORMATS


@click.command("platforms")
@click.argument("paths", nargs=-1, metavar="[EXPORT...]")
@option("--records", is_flag=True, help="One row a record: what it is recognised as, and its ids.")
@config_option
@output_option
@quiet_option
@format_option(ROW_FORMATS)
@click.pass_context
def platforms_command(
    context: click.Context,
    paths: tuple[str, ...],
    records: bool,
    output: Path | None,
    quiet: bool,
    output_format: str,
) -> None:
    """Which platforms are read, with the keys that their records are recognised by.

    For exports, every field of their records: the column that it gives, or `extra`; with --records, what each
    record is. Nothing is ingested. Platforms of your own are those that batchlake.toml names.
    """
    from batchlake.engine.engine import Engine
    from batchlake.ingest import recognised
    from batchlake.ingest.parse.platforms.own import own_formats
    from batchlake.query.result import Result

    own = own_formats(configuration_of(context).own)
    if records and not paths:
        raise click.UsageError("--records shows the records of an export: name one.", context)
    if not paths:
        found = recognised.known_platforms(own)
    elif records:
        found = recognised.records_of_exports(paths, own)
    else:
        found = recognised.fields_of_exports(paths, own)
    engine = Engine()
    engine.run("create table recognised as from given", given=found)
    write_status_rows(Result(engine, "select * from recognised"), output_format, output, quiet=quiet)
