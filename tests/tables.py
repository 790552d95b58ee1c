"""The tables of the pages that come from the package: operators of filters, metrics, response patterns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from batchlake.analytics.definitions import MetricDefinition, definitions, pattern_definitions
from batchlake.analytics.patterns import OTHER, default_patterns
from batchlake.filters.model import Filter, TimeRange
from batchlake.filters.operators.operator import Operator, keys_of, models_in, rows
from batchlake.filters.values.forms import TIME_WORDS, FieldsByName, Form, NonEmpty, OneOrMore, OrText


def reference_table() -> str:
    """The operators as a Markdown table: key, form, which calls match, and the columns that decide."""
    lines = ["| key | form | matches calls where | columns |", "|---|---|---|---|"]
    for key, form, operator in _reference(Filter):
        columns = ", ".join(f"`{column}`" for column in operator.columns)
        lines.append(f"| `{key}` | {form} | {operator.meaning} | {columns} |")
    return "\n".join(lines) + "\n"


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


def definitions_table() -> str:
    """The definitions as a Markdown table."""
    lines = ["| metric | unit | definition | numerator / denominator | file |", "|---|---|---|---|---|"]
    lines += [
        f"| `{metric.name}` | {metric.unit} | {metric.definition} | {_ratio(metric)} | `{metric.file}` |"
        for metric in definitions()
    ]
    return "\n".join(lines) + "\n"


def _ratio(metric: MetricDefinition) -> str:
    return f"{metric.numerator} / {metric.denominator}" if metric.numerator else ""


def patterns_table() -> str:
    """The rules in their order as a Markdown table."""
    lines = ["| tried | pattern | what it means | words |", "|---|---|---|---|"]
    for place, rule in enumerate(default_patterns().rules, 1):
        words = ", ".join(f"`{word}`" for word in rule.words).replace("|", r"\|")
        lines.append(f"| {place} | `{rule.pattern}` | {rule.meaning} | {words} |")
    return "\n".join([*lines, f"| last | `{OTHER}` | {pattern_definitions()[-1].definition} |  |"]) + "\n"
