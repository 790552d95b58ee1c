"""The metrics of calls, in families: each with its denominator and the calls without the value.

Defaults are made when they are needed: pydantic builds a model with its first instance, which takes time.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Optional, TypeVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from batchlake.models.rates import Rate
from batchlake.models.statistics import Statistics
from batchlake.models.values import Figures, Money, Seconds

FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "calls": ("statistics",),
    "success": ("success_rate", "rates"),
    "duration": ("duration",),
    "cost": ("cost",),
    "sentiment": ("average_sentiment",),
    "engagement": ("engagement",),
    "responses": ("common_responses",),
    "patterns": ("response_patterns",),
    "timeline": ("timeline",),
}
"""The families of metrics, each of which can be asked for alone, and their fields of `Analytics`."""

FIRST_FAMILIES: Final = ("calls", "success", "duration", "cost")
"""What groups have where none is named: the others take most of the time."""

_ABSENT: Final[Any] = None
"""The value of a family that wasn't asked for."""

Every = Literal["hour", "day", "week", "month"]
"""The steps that a timeline can have."""

T = TypeVar("T")

if TYPE_CHECKING:
    # Most questions name no families: else every use would have to rule None out.
    OrNone = Annotated[T, "or None"]
else:
    OrNone = Optional

_OF_FAMILIES: Final = frozenset(name for names in FAMILIES.values() for name in names)


class Rates(Figures):
    """Success, by three readings of the word."""

    completed_of_total: Rate = Field(default_factory=Rate)
    completed_of_finished: Rate = Field(default_factory=Rate)
    success_of_known: Rate = Field(default_factory=Rate)


class Duration(Figures):
    """Lengths of the calls that have one, in seconds; the three counts are the means' denominators."""

    calls: int = 0
    missing: int = 0
    total: Seconds | None = None
    mean: Seconds | None = None
    mean_of_non_zero: Seconds | None = None
    non_zero_calls: int = 0
    mean_of_completed: Seconds | None = None
    completed_calls: int = 0
    median: Seconds | None = None
    p90: Seconds | None = None
    p95: Seconds | None = None
    min: Seconds | None = None
    max: Seconds | None = None
    standard_deviation: Seconds | None = None


class CurrencyCost(Figures):
    """Costs of the calls that have one, in one currency (None where the export names none).

    `timed_calls` are those with a known duration too; `per_minute` is their cost over `timed_minutes`.
    """

    currency: str | None = None
    calls: int = 0
    total: Money
    mean: Money
    median: Money
    p95: Money
    min: Money
    max: Money
    completed_calls: int = 0
    per_completed_call: Money | None = None
    timed_calls: int = 0
    timed_minutes: float | None = None
    per_minute: Money | None = None


class Cost(Figures):
    """Costs, a block for each currency; `total` is None where there are several, or no cost at all."""

    total: Money | None = None
    calls: int = 0
    missing: int = 0
    currencies: list[CurrencyCost] = Field(default_factory=list)


class Mainly(Figures):
    """Calls whose one score is above the others; `undecided` are those whose highest score is shared."""

    positive: Rate = Field(default_factory=Rate)
    neutral: Rate = Field(default_factory=Rate)
    negative: Rate = Field(default_factory=Rate)
    undecided: Rate = Field(default_factory=Rate)


class AverageSentiment(Figures):
    """Mean scores over the calls that have scores (0 to 1), and how many calls have each label."""

    positive: float | None = None
    neutral: float | None = None
    negative: float | None = None
    calls: int = 0
    missing: int = 0
    mainly: Mainly = Field(default_factory=Mainly)
    labels: dict[str, int] = Field(default_factory=dict)
    unlabelled: int = 0


class CommonResponse(Figures):
    """One answer: utterances, calls it was said in, and its share of all human utterances."""

    text: str
    count: int
    calls: int
    share: float


class PatternCount(Figures):
    """Utterances (or calls) of one pattern, and their share."""

    count: int = 0
    share: float | None = None


class PatternCounts(Figures):
    """Utterances (or calls) by pattern; the patterns add up to `total`."""

    total: int = 0
    patterns: dict[str, PatternCount] = Field(default_factory=dict)


class ResponsePatterns(Figures):
    """What human utterances mean, by word patterns; and the same for each call's first human utterance.

    `missing` are the calls in which no human utterance is held.
    """

    utterances: PatternCounts = Field(default_factory=PatternCounts)
    first_utterances: PatternCounts = Field(default_factory=PatternCounts)
    missing: int = 0


class Measured(Figures):
    """A mean over `calls`: `reported` ones as the platform gave them, `measured` ones from the transcript."""

    mean: float | None = None
    calls: int = 0
    reported: int = 0
    measured: int = 0
    missing: int = 0


class Band(Figures):
    """Calls whose score is at least `lower` and below `upper` (at most 1 in the last band)."""

    lower: float
    upper: float
    calls: int


class Score(Figures):
    """Mean engagement score, 0 to 1, and its distribution."""

    mean: float | None = None
    calls: int = 0
    missing: int = 0
    distribution: list[Band] = Field(default_factory=list)


class Words(Figures):
    """Words a turn: `words` / `turns` of people, in `calls` in which they said anything."""

    mean: float | None = None
    words: int = 0
    turns: int = 0
    calls: int = 0
    missing: int = 0


class Engagement(Figures):
    """How people took part: ratios 0 to 1, response time in seconds, interruptions and turns per call."""

    score: Score = Field(default_factory=Score)
    talk_ratio_ai: Measured = Field(default_factory=Measured)
    talk_ratio_human: Measured = Field(default_factory=Measured)
    response_time: Measured = Field(default_factory=Measured)
    interruptions: Measured = Field(default_factory=Measured)
    turns: Measured = Field(default_factory=Measured)
    human_words_per_turn: Words = Field(default_factory=Words)


class CurrencyTotal(Figures):
    """Total cost in one currency."""

    currency: str | None = None
    total: Money


class Moment(Figures):
    """The calls of one hour or day, from `start` on; `completion_rate` is completed / total_calls."""

    start: datetime
    total_calls: int
    completed: int
    failed: int
    in_progress: int
    unknown: int
    completion_rate: float | None
    total_cost: Money | None
    costs: list[CurrencyTotal]


class Timeline(Figures):
    """Hours or days in which there were calls, in order; `missing` are calls without a time."""

    every: Every = "day"
    timezone: str = "UTC"
    moments: list[Moment] = Field(default_factory=list)
    missing: int = 0


class BatchAnalytics(Figures):
    """The figures over a batch's matching calls, the documented ones first."""

    success_rate: float | None = None
    average_sentiment: AverageSentiment = Field(default_factory=AverageSentiment)
    common_responses: list[CommonResponse] = Field(default_factory=list)
    rates: Rates = Field(default_factory=Rates)
    duration: Duration = Field(default_factory=Duration)
    cost: Cost = Field(default_factory=Cost)
    response_patterns: ResponsePatterns = Field(default_factory=ResponsePatterns)
    engagement: Engagement = Field(default_factory=Engagement)
    timeline: Timeline = Field(default_factory=Timeline)


class _Counted(Figures):
    statistics: Statistics = Field(default_factory=Statistics)


class _Keyed(Figures):
    keys: dict[str, Any]


class Selected(Figures):
    selection: str
    families: list[str] = Field(default_factory=lambda: list(FAMILIES))


class OfFamilies(BatchAnalytics, _Counted):
    """Figures of the families that were asked for; a field of another is None, and left out where written."""

    statistics: OrNone[Statistics] = _ABSENT
    success_rate: float | None = None
    average_sentiment: OrNone[AverageSentiment] = _ABSENT
    common_responses: OrNone[list[CommonResponse]] = _ABSENT
    rates: OrNone[Rates] = _ABSENT
    duration: OrNone[Duration] = _ABSENT
    cost: OrNone[Cost] = _ABSENT
    response_patterns: OrNone[ResponsePatterns] = _ABSENT
    engagement: OrNone[Engagement] = _ABSENT
    timeline: OrNone[Timeline] = _ABSENT

    @model_serializer(mode="wrap")
    def _leave_out_others(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        absent = _OF_FAMILIES - self.model_fields_set
        return {key: value for key, value in handler(self).items() if key not in absent}


# A model's fields come in the order of its bases, the last base first.
class Group(OfFamilies, _Keyed):
    """The figures over the calls that share `keys`, a value for each dimension; of the same families."""
