"""What a filter may hold, from the one table of operators: for machines a JSON Schema, for people a table."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from batchlake.filters.model import Filter


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


class _Generator(GenerateJsonSchema):
    """Pydantic's generator without defaults of null and titles made from names."""

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
