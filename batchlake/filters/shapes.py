"""The shapes that operators share: each pairs its SQL with its words."""

from __future__ import annotations

from typing import Final

from batchlake.filters import conditions, sentence
from batchlake.filters.operators import Shape

AMONG: Final = Shape(conditions.among, sentence.values)
EQUAL: Final = Shape(conditions.equal, sentence.named)
CONTAINING: Final = Shape(conditions.containing, sentence.quoted)
AT_LEAST: Final = Shape(conditions.at_least, sentence.at_least)
AT_MOST: Final = Shape(conditions.at_most, sentence.at_most)
BETWEEN: Final = Shape(conditions.between, sentence.between)
SECONDS_BETWEEN: Final = Shape(conditions.between, sentence.seconds_between)
COSTS_BETWEEN: Final = Shape(conditions.costs_between, sentence.between)
WITHIN: Final = Shape(conditions.within, sentence.within)
EITHER_NUMBER: Final = Shape(conditions.either_number, sentence.numbers)
SAID: Final = Shape(conditions.said, sentence.said)
EACH_OF: Final = Shape(conditions.each_of, sentence.clauses)
ALL_OF: Final = Shape(conditions.all_of, sentence.all_of)
ANY_OF: Final = Shape(conditions.any_of, sentence.any_of)
NONE_OF: Final = Shape(conditions.none_of, sentence.none_of)


def flag(true: str, false: str) -> Shape:
    """The column is the wanted truth value; a NULL is neither."""
    return Shape(conditions.equal, sentence.flag(true, false))


def holding(test: str, true: str, false: str) -> Shape:
    """The column passes a test (`{}` stands for it), or doesn't, which a NULL does not."""
    return Shape(conditions.holding(test), sentence.flag(true, false))
