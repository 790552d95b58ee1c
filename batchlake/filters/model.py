"""The filter: a pydantic model whose every field is one operator.

This is the only table of operators. A row is a field: its key, its type with the forms that it takes, and
`_row` with columns, shape, meaning and sentence. A new operator is a new row: SQL, sentence, JSON Schema,
faults and the README's reference follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema

from batchlake.errors import FilterFault, InvalidFilter
from batchlake.filters.faults import RANGE, VALUES, fault, faults_of, shown
from batchlake.filters.limits import limit_faults
from batchlake.filters.operators.operator import Operator, Shape
from batchlake.filters.operators.shapes import (
    AllOf,
    Among,
    AnyOf,
    Between,
    Compared,
    Containing,
    CostBetween,
    EachOf,
    EitherNumber,
    Equal,
    Extra,
    Flag,
    Holding,
    Mainly,
    NoneOf,
    Said,
    Within,
)
from batchlake.filters.values.forms import (
    AMOUNT,
    CURRENCY,
    DIRECTION,
    FLAG,
    LABEL,
    NUMBER,
    OUTCOME,
    PHONE_NUMBER,
    SCORE,
    SECONDS,
    SHARE,
    SPEAKER,
    STATUS,
    TEXT,
    TIME,
    TIME_WORDS,
    FieldsByName,
    Filters,
    NonEmpty,
    OneOrMore,
    OrText,
    extra_values,
    time_range,
)

Texts = Annotated[tuple[Annotated[str, TEXT], ...] | None, OneOrMore()]
Labels = Annotated[tuple[Annotated[str, LABEL], ...] | None, OneOrMore()]
Scores = Annotated[tuple[Annotated[str, SCORE], ...] | None, OneOrMore()]
Statuses = Annotated[tuple[Annotated[str, STATUS], ...] | None, OneOrMore()]
Outcomes = Annotated[tuple[Annotated[str, OUTCOME], ...] | None, OneOrMore()]
Directions = Annotated[tuple[Annotated[str, DIRECTION], ...] | None, OneOrMore()]
Currencies = Annotated[tuple[Annotated[str, CURRENCY], ...] | None, OneOrMore()]
PhoneNumbers = Annotated[tuple[Annotated[str, PHONE_NUMBER], ...] | None, OneOrMore()]
YesOrNo = Annotated[bool | None, FLAG]
Nested = Annotated["Filter", NonEmpty()]


def _row(columns: str, shape: Shape, meaning: str, sentence: str = "") -> Operator:
    """An operator on columns of `calls` (separated by blanks), with which calls match and their clause."""
    return Operator(shape, meaning, sentence, tuple(columns.split()))


class Conditions(BaseModel):
    """A part of a filter: an object of known keys; a key that is absent sets no condition.

    The model is built when it is first used: a question without a filter needs none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @field_validator("*")
    @classmethod
    def _in_order(cls, value: Any, info: ValidationInfo) -> Any:
        name = info.field_name or ""
        lower = "start" if name == "end" else name.replace("max", "min")
        least = info.data.get(lower)
        if least is not None and value < least:
            raise fault(f"no less than `{lower}`, which is {shown(least)}")
        return value

    @model_serializer(mode="wrap")
    def _dump(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only the keys that were given, as JSON spells them: what is dumped can be read again."""
        keys = {name: field.alias or name for name, field in type(self).model_fields.items()}
        return {keys.get(name, name): value for name, value in fields(self).items() if value is not None}

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return ((name, value) for name, value in super().__repr_args__() if value is not None)


class Seconds(Conditions):
    """A range of durations in seconds, both ends included."""

    min: Annotated[float | None, SECONDS] = None
    max: Annotated[float | None, SECONDS] = None


_PLAIN_DIGITS = PlainSerializer(lambda amount: f"{amount:f}", when_used="json-unless-none")


class Amounts(Conditions):
    """A range of amounts of money as exact decimals, both ends included."""

    min: Annotated[Decimal | None, AMOUNT, _PLAIN_DIGITS] = None
    max: Annotated[Decimal | None, AMOUNT, _PLAIN_DIGITS] = None


class Shares(Conditions):
    """A range of shares from 0 to 1, both ends included."""

    min: Annotated[float | None, SHARE] = None
    max: Annotated[float | None, SHARE] = None


class TimeRange(Conditions):
    """A range of time, the start included, the end not; `last` or `period` stand for both ends."""

    start: Annotated[datetime | None, TIME] = None
    end: Annotated[datetime | None, TIME] = None

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, given: Any) -> Any:
        """`{"last": "7d"}` and `{"period": "last-week"}` as a start and an end in the zone in force."""
        return time_range(given)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core))
        words = {name: {"type": "string", "description": meaning} for name, meaning in TIME_WORDS.items()}
        schema["properties"] = schema["properties"] | words
        return schema


def _bound(score: str, sign: str) -> Operator:
    words = "at least" if sign == ">=" else "at most"
    meaning = f"the {score} score is {words} this"
    return _row(f"sentiment_{score}", Compared(sign), meaning, f"whose {score} sentiment is {{}}")


class Sentiment(Conditions):
    """Bounds on the scores of sentiment, all included, the highest of them, and the platform's own label."""

    min_positive: Annotated[float | None, SHARE, _bound("positive", ">=")] = None
    max_positive: Annotated[float | None, SHARE, _bound("positive", "<=")] = None
    min_neutral: Annotated[float | None, SHARE, _bound("neutral", ">=")] = None
    max_neutral: Annotated[float | None, SHARE, _bound("neutral", "<=")] = None
    min_negative: Annotated[float | None, SHARE, _bound("negative", ">=")] = None
    max_negative: Annotated[float | None, SHARE, _bound("negative", "<=")] = None
    mainly: Annotated[
        Scores,
        _row(
            "sentiment_positive sentiment_neutral sentiment_negative", Mainly(),
            "this score is above the two others", "whose sentiment is mainly {}",
        ),
    ] = None  # fmt: skip
    label: Annotated[
        Labels,
        _row("sentiment_label", Among(), "the platform's label is one of them, in any case",
             "whose sentiment is labelled {}"),
    ] = None  # fmt: skip


class ExtraRange(Conditions):
    """What a field of the exports' own may be besides a value: a range of numbers, ends included, or any
    value."""

    min: Annotated[float | None, NUMBER] = None
    max: Annotated[float | None, NUMBER] = None
    exists: Annotated[bool | None, FLAG] = None


class Utterance(Conditions):
    """Words that were said, and by whom; a part of `segments`, not of `calls`."""

    contains: Annotated[
        str, TEXT,
        _row("text_key text", Containing(),
             "its text contains this, both folded as `text_key` is, no wildcards; a text of punctuation "
             "alone is searched as it stands"),
    ]  # fmt: skip
    speaker: Annotated[str | None, SPEAKER, _row("speaker", Equal(), "this speaker said it")] = None


class Filter(Conditions):
    """Which calls match: those that match every key; an empty filter means all.

    Keys are given as keywords or, through `read_filter`, as a mapping; in Python `not` is also spelled
    `not_`.

    Raises:
        InvalidFilter: with all faults.

    >>> Filter(status=["COMPLETED", "failed"], duration={"min": 30}).status
    ('completed', 'failed')
    """

    # fmt: off
    status: Annotated[Statuses, _row(
        "status", Among(), "the status is one of them, in any of its spellings", "whose status is {}"
    )] = None
    outcome: Annotated[Outcomes, _row(
        "outcome", Among(), "the outcome is one of them, in any of its spellings", "whose outcome is {}"
    )] = None
    duration: Annotated[Seconds | None, NonEmpty(), _row(
        "duration_seconds", Between("second"), "the length in seconds is within, ends included",
        "that lasted {}",
    )] = None
    cost: Annotated[Amounts | None, NonEmpty(), _row(
        "cost", CostBetween(), "the exact cost is within, ends included; a credit is below 0", "that cost {}"
    )] = None
    sentiment: Annotated[
        Sentiment | None, NonEmpty(), _row("", EachOf(), "all of the conditions below hold")
    ] = None
    date_range: Annotated[TimeRange | None, NonEmpty(), _row(
        "call_time", Within(), "`start` <= `call_time` < `end`", "that took place {}"
    )] = None
    source: Annotated[
        Texts, _row("source", Among(), "the source is one of them", "that came from {}")
    ] = None
    batch_id: Annotated[
        Texts, _row("batch_id", Among(), "the batch is one of them", "that belong to batch {}")
    ] = None
    call_id: Annotated[Texts, _row("call_id", Among(), "the call is one of them", "whose id is {}")] = None
    agent_id: Annotated[
        Texts, _row("agent_id", Among(), "the agent is one of them", "that were handled by agent {}")
    ] = None
    agent_name: Annotated[Texts, _row(
        "agent_name", Among(), "the agent's name is one of them", "that were handled by an agent named {}"
    )] = None
    currency: Annotated[Currencies, _row(
        "currency", Among(), "the currency of the cost is one of them, in any case", "whose cost is in {}"
    )] = None
    direction: Annotated[
        Directions, _row("direction", Among(), "the direction is one of them, in any case", "that were {}")
    ] = None
    phone_number: Annotated[PhoneNumbers, _row(
        "from_number to_number", EitherNumber(),
        "either number is one of them, or begins with one that ends in `*`", "that were made from or to {}",
    )] = None
    engagement: Annotated[Shares | None, NonEmpty(), _row(
        "engagement", Between(), "the engagement score is within, ends included", "whose engagement is {}"
    )] = None
    text: Annotated[Utterance | None, OrText("contains"), _row(
        "source call_id", Said(),
        "some utterance contains this, folded as common responses are, no wildcards, said by `speaker` if "
        "given",
        "in which {}",
    )] = None
    extra: Annotated[
        dict[
            Annotated[str, TEXT],
            Annotated[
                Annotated[ExtraRange, Tag(RANGE)] | Annotated[tuple[str, ...], Tag(VALUES)],
                Discriminator(lambda value: VALUES if isinstance(value, tuple) else RANGE),
                BeforeValidator(extra_values),
            ],
        ] | None,
        FieldsByName(),
        _row(
            "extra", Extra(),
            "each own field of the exports that is named is the value, one of several, a number within, or "
            "there",
            "{}",
        ),
    ] = None
    success: Annotated[YesOrNo, _row(
        "success", Flag("succeeded", "did not succeed"),
        "the platform's success flag says this; unknown is neither", "that {}",
    )] = None
    is_test: Annotated[YesOrNo, _row(
        "is_test", Flag("test", "real"), "the test flag says this; unknown is neither", "that were {} calls"
    )] = None
    has_transcript: Annotated[YesOrNo, _row(
        "segment_count", Holding("a", "no", "{} > 0"), "an utterance is held (`false`: none is)",
        "that have {} transcript",
    )] = None
    has_recording: Annotated[YesOrNo, _row(
        "recording_url", Holding("a", "no", "{} <> ''"), "a recording is linked (`false`: none is)",
        "that have {} recording",
    )] = None
    any: Annotated[
        tuple[Nested, ...] | None, Filters(), _row("", AnyOf(), "at least one of the filters matches")
    ] = None
    all: Annotated[tuple[Nested, ...] | None, Filters(), _row("", AllOf(), "all of the filters match")] = None
    not_: Annotated[Filter | None, NonEmpty(), _row(
        "", NoneOf(), "the filter does not match, also where a value is missing"
    )] = Field(default=None, alias="not")
    # fmt: on

    def __init__(self, /, **conditions: Any) -> None:
        given = {("not" if key == "not_" else key): value for key, value in conditions.items()}
        if len(given) < len(conditions):
            raise InvalidFilter([FilterFault("not", "the key twice, as `not_` too", "either spelling")])
        validated(given, lambda: self.__pydantic_validator__.validate_python(given, self_instance=self))

    # Nested filters are validated without a call of __init__, so that their faults are gathered, not raised.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


ALL: Final = Filter.model_construct()
"""The empty filter, which selects every call; it is made without validation, which would build the models."""


def validated(given: object, validate: Callable[[], Filter]) -> Filter:
    """The filter that `validate` returns for what was given.

    Raises:
        InvalidFilter: with all faults, those of the filter as a whole first.
    """
    faults = limit_faults(given)
    try:
        valid = validate()
    except ValidationError as error:
        faults += faults_of(error, Filter, given)
    if faults:
        raise InvalidFilter(faults) from None
    return valid
