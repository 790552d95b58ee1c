"""What sqlglot doesn't say of DuckDB's SQL in Spark's: one small rule each, over the parsed tree.

Input: a query as parsed from DuckDB's dialect. Output: that tree, changed in place, which the generator of
`rendering` writes as Spark 3.5 and later read it. No rule defines a function on the cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from batchlake.engine.quoting import bare_key

GROUP_KEY: Final = "group_key"

_RENAMED: Final = {
    "epoch_us": "unix_micros",
    "make_timestamptz": "timestamp_micros",
}
_EPOCH: Final = "1970-01-01 00:00:00"
_CAPITALS: Final = ("İΣ", "iσ")
"""Java maps these by context, or to two letters; what is left are 55 capitals of the newest Unicode."""


def apply_rules(query: exp.Expression) -> exp.Expression:
    """The query with every rule applied."""
    for rule in _RULES:
        rule(query)
    return query


def _without_materialized(query: exp.Expression) -> None:
    """Spark has no such word; sqlglot leaves it in."""
    for cte in query.find_all(exp.CTE):
        cte.set("materialized", None)


def _whole_quotients(query: exp.Expression) -> None:
    """`a // b` of 128-bit numbers, which Spark's DIV would make 64: by the remainder, which is exact."""
    for node in list(query.find_all(exp.IntDiv)):
        if not any(_is_huge(side) for side in (node.this, node.expression)):
            continue
        a, b = node.this, node.expression
        rest = exp.Paren(
            this=exp.Sub(this=_paren(a), expression=exp.Mod(this=_paren(a), expression=_paren(b)))
        )
        exact = exp.Div(this=rest, expression=_paren(b), typed=True, safe=False)
        exact.meta["exact"] = True
        node.replace(exp.cast(exact, exp.DataType.build("decimal(38, 0)")))


def _is_huge(side: exp.Expression) -> bool:
    """Whether a cast to HUGEINT stands in it."""
    return any(cast.to.this == exp.DataType.Type.INT128 for cast in side.find_all(exp.Cast))


def _paren(node: exp.Expression) -> exp.Expression:
    copy = node.copy()
    return copy if isinstance(copy, exp.Column | exp.Literal | exp.Paren) else exp.Paren(this=copy)


def _floating_division(query: exp.Expression) -> None:
    """`a / b` is of doubles in DuckDB; Spark would divide decimals as decimals of six digits."""
    for node in list(query.find_all(exp.Div)):
        if node.meta.get("exact"):
            continue
        for side in ("this", "expression"):
            # In place: of a copy, the divisions within it would be left as they are.
            node.set(side, exp.cast(node.args[side], exp.DataType.Type.DOUBLE, copy=False))


def _huge_integers(query: exp.Expression) -> None:
    """HUGEINT is DECIMAL(38, 0): exact to 10^38, beyond which Spark raises; DuckDB does past 1.7 * 10^38."""
    for kind in list(query.find_all(exp.DataType)):
        if kind.this == exp.DataType.Type.INT128:
            kind.replace(exp.DataType.build("decimal(38, 0)"))


def _group_keys(query: exp.Expression) -> None:
    """`union all by name select null as group_key where false`: the left side, with a NULL if it has none."""
    for union in list(query.find_all(exp.Union)):
        if not union.args.get("by_name"):
            continue
        left, right = union.this, union.expression
        (only,) = right.expressions if isinstance(right, exp.Select) else (None,)
        if only is None or only.alias_or_name != GROUP_KEY or not isinstance(only.unalias(), exp.Null):
            continue
        (table,) = left.find_all(exp.Table)
        if not _has_group_key(table):
            missing = exp.cast(exp.Null(), exp.DataType.Type.TEXT)
            left.append("expressions", exp.alias_(missing, GROUP_KEY))
        union.replace(left)


def _has_group_key(table: exp.Table) -> bool:
    """Whether what the table's name means there has the column."""
    meant = meaning(table)
    if meant is None:
        return False
    for select in meant.find_all(exp.Select):
        if any(one.alias_or_name == GROUP_KEY for one in select.expressions):
            return True
        if select.find_ancestor(exp.Subquery) is None and any(one.is_star for one in select.expressions):
            return any(_has_group_key(inner) for inner in select.find_all(exp.Table))
    return False


def meaning(table: exp.Table) -> exp.Expression | None:
    """The query that a table's name stands for: the nearest CTE of that name, None for a real table."""
    node: exp.Expression | None = table
    within: exp.Expression | None = None
    while node is not None:
        if isinstance(node, exp.CTE):
            within = node
        clause = node.args.get("with_") if isinstance(node, exp.Query) else None
        if clause:
            # A CTE sees those before it, and not itself.
            before = [cte is within for cte in clause.expressions].index(True) if within else None
            for cte in reversed(clause.expressions[:before]):
                if cte.alias == table.name:
                    found: exp.Expression = cte.this
                    return found
            within = None
        node = node.parent
    return None


def _functions(query: exp.Expression) -> None:
    """Functions that are called differently."""
    for node in list(query.find_all(exp.Anonymous)):
        name = node.name.lower()
        if name in _RENAMED:
            node.set("this", _RENAMED[name])
        elif name == "round_even":
            node.replace(exp.Anonymous(this="rint", expressions=node.expressions[:1]))
        elif name == "to_json":
            node.replace(_json_text(node.expressions[0]))
    for node in list(query.find_all(exp.Dayname)):
        day = [node.this, exp.Literal.string("EEEE")]
        node.replace(exp.Anonymous(this="date_format", expressions=day))
    for node in list(query.find_all(exp.JarowinklerSimilarity)):
        distance = exp.Anonymous(this="levenshtein", expressions=[node.this, node.expression])
        node.replace(exp.Neg(this=distance))
    for node in list(query.find_all(exp.Extract)):
        if node.name.lower() == "microseconds":
            seconds = exp.Extract(this=exp.Var(this="second"), expression=node.expression)
            micros = exp.Mul(this=seconds, expression=exp.Literal.number(1_000_000))
            node.replace(exp.cast(micros, exp.DataType.Type.BIGINT))


def _json_text(text: exp.Expression) -> exp.Expression:
    """A text as JSON: Spark's `to_json` takes no bare text, so the brackets of a list are cut off."""
    listed = exp.Anonymous(this="to_json", expressions=[exp.Anonymous(this="array", expressions=[text])])
    length = exp.Sub(this=exp.Length(this=listed.copy()), expression=exp.Literal.number(2))
    bare = exp.Anonymous(this="substring", expressions=[listed, exp.Literal.number(2), length])
    return exp.Nullif(this=bare, expression=exp.Literal.string("null"))


def _joined_texts(query: exp.Expression) -> None:
    """`string_agg(x, ',' order by p)`: LISTAGG is of 4.0."""
    for node in list(query.find_all(exp.GroupConcat)):
        order = node.this
        (placed,) = order.expressions
        pair = exp.Struct(
            expressions=[
                exp.PropertyEQ(this=exp.to_identifier("place"), expression=placed.this),
                exp.PropertyEQ(this=exp.to_identifier("part"), expression=order.this),
            ]
        )
        in_order = exp.Anonymous(this="array_sort", expressions=[exp.ArrayAgg(this=pair)])
        parts = exp.Transform(
            this=in_order,
            expression=exp.Lambda(
                this=exp.Dot(this=exp.to_identifier("entry"), expression=exp.to_identifier("part")),
                expressions=[exp.to_identifier("entry")],
            ),
        )
        node.replace(exp.Anonymous(this="array_join", expressions=[parts, node.args["separator"]]))


def _lower_case(query: exp.Expression) -> None:
    """Letter by letter, as ICU does it in DuckDB."""
    for node in list(query.find_all(exp.Lower)):
        before, after = map(exp.Literal.string, _CAPITALS)
        node.set("this", exp.Anonymous(this="translate", expressions=[node.this, before, after]))


def _utc(query: exp.Expression) -> None:
    """`t at time zone 'UTC'`: a time without a zone, counted from 1970, whatever zone the session is in."""
    for node in list(query.find_all(exp.AtTimeZone)):
        micros = exp.Anonymous(this="unix_micros", expressions=[node.this])
        seconds = exp.Mul(
            this=exp.cast(micros, exp.DataType.build("decimal(20, 0)")),
            expression=exp.cast(exp.Literal.string("0.000001"), exp.DataType.build("decimal(7, 6)")),
        )
        zero = exp.Literal.number(0)
        since = [zero, zero.copy(), zero.copy(), exp.cast(seconds, exp.DataType.build("decimal(18, 6)"))]
        epoch = exp.Anonymous(this="to_timestamp_ntz", expressions=[exp.Literal.string(_EPOCH)])
        node.replace(
            exp.Paren(
                this=exp.Add(this=epoch, expression=exp.Anonymous(this="make_dt_interval", expressions=since))
            )
        )


def _own_fields(query: exp.Expression) -> None:
    """`extra ->> name`: a key of the object as it is, for which Spark's paths have no quotes."""
    for node in list(query.find_all(exp.JSONExtractScalar)):
        name = node.expression
        if isinstance(name, exp.Literal):
            name = exp.Literal.string(bare_key(name.this))
        fields = exp.Anonymous(
            this="from_json", expressions=[node.this, exp.Literal.string("map<string, string>")]
        )
        node.replace(exp.Anonymous(this="try_element_at", expressions=[fields, name]))


_RULES: Final[tuple[Callable[[exp.Expression], None], ...]] = (
    _without_materialized,
    _group_keys,
    _whole_quotients,
    _floating_division,
    _huge_integers,
    _functions,
    _joined_texts,
    _lower_case,
    _utc,
    _own_fields,
)
