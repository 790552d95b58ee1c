"""`platforms`: which platforms are read, and what an ingest would make of an export."""

from __future__ import annotations

from typing import Any

import click

from batchlake.cli.arguments.completion import files
from batchlake.cli.arguments.options import note
from batchlake.cli.arguments.parameters import option
from batchlake.cli.arguments.request import answer_options, read_request, table_options
from batchlake.cli.arguments.settings import configuration_of
from batchlake.cli.display.answers import write_rows
from batchlake.cli.display.listed import Listed, write_listed
from batchlake.output.formats import ROW_FORMATS


@click.command("platforms")
@click.argument("paths", nargs=-1, metavar="[EXPORT...]", shell_complete=files)
@option("--records", is_flag=True, help="One row a record: what it is recognised as, and its ids.")
@table_options("platforms")
@answer_options(ROW_FORMATS, at=False, lake=False)
@click.pass_context
def platforms_command(context: click.Context, /, paths: tuple[str, ...], records: bool, **given: Any) -> None:
    """Which platforms are read, with the keys that their records are recognised by.

    For exports, every field of their records: the column that it gives, or `extra`; with --records, what each
    record is. Nothing is ingested. Platforms of your own are those that batchlake.toml names.

    \b
    batchlake platforms
    batchlake platforms exports/today.json --columns field,column
    """
    from batchlake.engine.engine import Engine
    from batchlake.ingest import recognised
    from batchlake.ingest.parse.platforms.own import own_formats
    from batchlake.query.result import Result

    own = own_formats(configuration_of(context).own)
    if records and not paths:
        raise click.UsageError("--records shows the records of an export: name one.", context)
    request = read_request(context, given)
    if not paths:
        found, name = recognised.known_platforms(own), "platforms"
    elif records:
        found, name = recognised.records_of_exports(paths, own), "platform_records"
    else:
        found, name = recognised.fields_of_exports(paths, own), "platform_fields"
    if request.is_for_people and not found.num_rows:
        note("no record is in there", quiet=request.quiet)
        return
    if request.is_for_people or request.columns or request.sort:
        write_listed(request, Listed.of(found.to_pylist(), found.column_names), name)
        return
    engine = Engine()
    engine.run("create table recognised as from given", given=found)
    write_rows(request, Result(engine, "select * from recognised"))
