"""What a filter may hold, from the one table of operators: for machines a JSON Schema, for people a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from batchlake.filters.model import Filter, TimeRange
from batchlake.filters.operators.operator import Operator, keys_of, models_in, rows
from batchlake.filters.values.forms import TIME_WORDS, FieldsByName, Form, NonEmpty, OneOrMore, OrText


def filter_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a filter.

    It accepts what `parse_filter` does, except that it can't say how many days a month has, that `min`
    isn't above `max`, how deep filters nest and how many conditions they hold.
    """
    generated = Filter.model_json_schema(schema_generator=_Generator)
    named: dict[str, Any] = {}
    for name, definition in generated["$defs"].items():
        summary = definition["description"].partition("\n")[0]
        properties = _by_name(definition["properties"], named)
        named[name] = definition | {"description": summary, "properties": properties}
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Filter of calls",
        "$ref": generated["$ref"],
        "$defs": dict(sorted(named.items())),
    }


def reference_table() -> str:
    """The operators as a Markdown table: key, form, which calls match, and the columns that decide."""
    lines = ["| key | form | matches calls where | columns |", "|---|---|---|---|"]
    for key, form, operator in _reference(Filter):
        columns = ", ".join(f"`{column}`" for column in operator.columns)
        lines.append(f"| `{key}` | {form} | {operator.meaning} | {columns} |")
    return "\n".join(lines) + "\n"


class _Generator(GenerateJsonSchema):
    """Pydantic's generator without what says nothing here: defaults of null, titles made from names."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _by_name(part: Any, named: dict[str, Any]) -> Any:
    """The part with each form in it, known by its title, moved to the definitions."""
    if isinstance(part, list):
        return [_by_name(one, named) for one in part]
    if not isinstance(part, dict):
        return part
    part = {key: _by_name(value, named) for key, value in part.items()}
    title = part.pop("title", None)
    if title is None:
        return part
    description = {"description": part.pop("description")} if "description" in part else {}
    named[title] = part
    return {"$ref": f"#/$defs/{title}", **description}


def _reference(model: type[BaseModel], within: str = "") -> Iterator[tuple[str, str, Operator]]:
    """Key, form and operator of each row, those of its parts after it."""
    for row in rows(model):
        field = model.model_fields[row.attribute]
        key = within + row.key
        yield key, _form(field), row.operator
        for part in models_in(field.annotation):
            if part is not Filter:
                yield from _reference(part, f"{key}.")


def _form(field: FieldInfo) -> str:
    """The form of a field in words, an object as its keys."""
    if FieldsByName() in field.metadata:
        return FieldsByName.form
    for part in models_in(field.annotation):
        if part is Filter:
            return "a filter" if NonEmpty() in field.metadata else "a list of filters"
        keys = ", ".join(key + ("" if part.model_fields[key].is_required() else "?") for key in keys_of(part))
        if part is TimeRange:
            keys += "}`, or `{" + "}` or `{".join(TIME_WORDS)
        values = "" if rows(part) else f", each {_form(part.model_fields[keys_of(part)[0]])}"
        return ("a text, or " if OrText in map(type, field.metadata) else "") + f"`{{{keys}}}`{values}"
    item = [*field.metadata, *_metadata(field.annotation)]
    form = next(one for one in item if isinstance(one, Form))
    return form.allowed + (", or a list of them" if OneOrMore() in field.metadata else "")


def _metadata(annotation: Any) -> Iterator[Any]:
    """What the `Annotated` types within a type say."""
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _metadata(part)
