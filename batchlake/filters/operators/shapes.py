"""The shapes that operators share: each pairs its SQL with its words."""

from __future__ import annotations

from typing import Final

from batchlake.filters.operators import conditions, describe
from batchlake.filters.operators.operator import Shape
from batchlake.text.escaping import quoted

AMONG: Final = Shape(conditions.among, describe.values)
EQUAL: Final = Shape(conditions.equal, describe.named)
CONTAINING: Final = Shape(conditions.containing, quoted)
AT_LEAST: Final = Shape(conditions.at_least, describe.at_least)
AT_MOST: Final = Shape(conditions.at_most, describe.at_most)
BETWEEN: Final = Shape(conditions.between, describe.between)
SECONDS_BETWEEN: Final = Shape(conditions.between, describe.seconds_between)
COSTS_BETWEEN: Final = Shape(conditions.costs_between, describe.between)
WITHIN: Final = Shape(conditions.within, describe.within)
EITHER_NUMBER: Final = Shape(conditions.either_number, describe.numbers)
SAID: Final = Shape(conditions.said, describe.said)
MAINLY: Final = Shape(conditions.mainly, describe.values)
EXTRA: Final = Shape(conditions.extra, describe.extra)
EACH_OF: Final = Shape(conditions.each_of, describe.clauses)
ALL_OF: Final = Shape(conditions.all_of, describe.all_of)
ANY_OF: Final = Shape(conditions.any_of, describe.any_of)
NONE_OF: Final = Shape(conditions.none_of, describe.none_of)


def flag(true: str, false: str) -> Shape:
    """The column is the wanted truth value; a NULL is neither."""
    return Shape(conditions.equal, describe.flag(true, false))


def holding(test: str, true: str, false: str) -> Shape:
    """The column passes a test (`{}` stands for it), or doesn't, which a NULL does not."""
    return Shape(conditions.holding(test), describe.flag(true, false))
