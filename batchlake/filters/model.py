"""The filter: a pydantic model whose every field is one operator.

This is the one table of operators. A row is a field: its key, its type with the forms that it takes, and an
`Operator` with shape, meaning, sentence and columns. A new operator is a new row: SQL, sentence, JSON Schema,
faults and the README's reference follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
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
from batchlake.filters.operators.operator import Operator
from batchlake.filters.operators.shapes import (
    ALL_OF,
    AMONG,
    ANY_OF,
    AT_LEAST,
    AT_MOST,
    BETWEEN,
    CONTAINING,
    COSTS_BETWEEN,
    EACH_OF,
    EITHER_NUMBER,
    EQUAL,
    EXTRA,
    MAINLY,
    NONE_OF,
    SAID,
    SECONDS_BETWEEN,
    WITHIN,
    flag,
    holding,
)
from batchlake.filters.values.forms import (
    AMOUNT,
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
    time_range,
)

Texts = tuple[Annotated[str, TEXT], ...] | None
Nested = Annotated["Filter", NonEmpty()]


class Conditions(BaseModel):
    """A part of a filter: an object of known keys; a key that is absent sets no condition.

    It is built when it is first checked: a question without a filter needs none.
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


def _at_least(score: str) -> Operator:
    meaning = f"the {score} score is at least this"
    return Operator(AT_LEAST, meaning, f"whose {score} sentiment is {{}}", (f"sentiment_{score}",))


def _at_most(score: str) -> Operator:
    meaning = f"the {score} score is at most this"
    return Operator(AT_MOST, meaning, f"whose {score} sentiment is {{}}", (f"sentiment_{score}",))


class Sentiment(Conditions):
    """Bounds on the scores of sentiment, all included, the highest of them, and the platform's own label."""

    min_positive: Annotated[float | None, SHARE, _at_least("positive")] = None
    max_positive: Annotated[float | None, SHARE, _at_most("positive")] = None
    min_neutral: Annotated[float | None, SHARE, _at_least("neutral")] = None
    max_neutral: Annotated[float | None, SHARE, _at_most("neutral")] = None
    min_negative: Annotated[float | None, SHARE, _at_least("negative")] = None
    max_negative: Annotated[float | None, SHARE, _at_most("negative")] = None
    mainly: Annotated[
        tuple[Annotated[str, SCORE], ...] | None,
        OneOrMore(),
        Operator(
            MAINLY,
            "this score is above the two others",
            "whose sentiment is mainly {}",
            ("sentiment_positive", "sentiment_neutral", "sentiment_negative"),
        ),
    ] = None
    label: Annotated[
        tuple[Annotated[str, LABEL], ...] | None,
        OneOrMore(),
        Operator(
            AMONG,
            "the platform's label is one of them, in any case",
            "whose sentiment is labelled {}",
            ("sentiment_label",),
        ),
    ] = None


class ExtraRange(Conditions):
    """What a field of the exports' own may be besides a value: a range of numbers, ends included, or any
    value."""

    min: Annotated[float | None, NUMBER] = None
    max: Annotated[float | None, NUMBER] = None
    exists: Annotated[bool | None, FLAG] = None


class Utterance(Conditions):
    """Words that were said, and by whom; a part of `segments`, not of `calls`."""

    contains: Annotated[
        str,
        TEXT,
        Operator(
            CONTAINING,
            "its text contains this, both folded as `text_key` is, no wildcards; a text of punctuation alone "
            "is searched as it stands",
            columns=("text_key", "text"),
        ),
    ]
    speaker: Annotated[str | None, SPEAKER, Operator(EQUAL, "this speaker said it", columns=("speaker",))] = (
        None
    )


class Filter(Conditions):
    """Which calls match: those that match every key; an empty filter means all.

    Keys are given as keywords or, through `read_filter`, as a mapping; in Python `not` is also spelled
    `not_`.

    Raises:
        InvalidFilter: with all faults.

    >>> Filter(status=["COMPLETED", "failed"], duration={"min": 30}).status
    ('completed', 'failed')
    """

    status: Annotated[
        tuple[Annotated[str, STATUS], ...] | None,
        OneOrMore(),
        Operator(
            AMONG, "the status is one of them, in any of its spellings", "whose status is {}", ("status",)
        ),
    ] = None
    outcome: Annotated[
        tuple[Annotated[str, OUTCOME], ...] | None,
        OneOrMore(),
        Operator(
            AMONG, "the outcome is one of them, in any of its spellings", "whose outcome is {}", ("outcome",)
        ),
    ] = None
    duration: Annotated[
        Seconds | None,
        NonEmpty(),
        Operator(
            SECONDS_BETWEEN,
            "the length in seconds is within, ends included",
            "that lasted {}",
            ("duration_seconds",),
        ),
    ] = None
    cost: Annotated[
        Amounts | None,
        NonEmpty(),
        Operator(
            COSTS_BETWEEN,
            "the exact cost is within, ends included; a credit is below 0",
            "that cost {}",
            ("cost",),
        ),
    ] = None
    sentiment: Annotated[
        Sentiment | None, NonEmpty(), Operator(EACH_OF, "all of the conditions below hold")
    ] = None
    date_range: Annotated[
        TimeRange | None,
        NonEmpty(),
        Operator(WITHIN, "`start` <= `call_time` < `end`", "that took place {}", ("call_time",)),
    ] = None
    source: Annotated[
        Texts, OneOrMore(), Operator(AMONG, "the source is one of them", "that came from {}", ("source",))
    ] = None
    batch_id: Annotated[
        Texts,
        OneOrMore(),
        Operator(AMONG, "the batch is one of them", "that belong to batch {}", ("batch_id",)),
    ] = None
    call_id: Annotated[
        Texts, OneOrMore(), Operator(AMONG, "the call is one of them", "whose id is {}", ("call_id",))
    ] = None
    agent_id: Annotated[
        Texts,
        OneOrMore(),
        Operator(AMONG, "the agent is one of them", "that were handled by agent {}", ("agent_id",)),
    ] = None
    agent_name: Annotated[
        Texts,
        OneOrMore(),
        Operator(
            AMONG,
            "the agent's name is one of them",
            "that were handled by an agent named {}",
            ("agent_name",),
        ),
    ] = None
    currency: Annotated[
        Texts,
        OneOrMore(),
        Operator(AMONG, "the currency of the cost is one of them", "whose cost is in {}", ("currency",)),
    ] = None
    direction: Annotated[
        tuple[Annotated[str, DIRECTION], ...] | None,
        OneOrMore(),
        Operator(AMONG, "the direction is one of them, in any case", "that were {}", ("direction",)),
    ] = None
    phone_number: Annotated[
        tuple[Annotated[str, PHONE_NUMBER], ...] | None,
        OneOrMore(),
        Operator(
            EITHER_NUMBER,
            "either number is one of them, or begins with one that ends in `*`",
            "that were made from or to {}",
            ("from_number", "to_number"),
        ),
    ] = None
    engagement: Annotated[
        Shares | None,
        NonEmpty(),
        Operator(
            BETWEEN,
            "the engagement score is within, ends included",
            "whose engagement is {}",
            ("engagement",),
        ),
    ] = None
    text: Annotated[
        Utterance | None,
        OrText("contains"),
        Operator(
            SAID,
            "some utterance contains this, folded as common responses are, no wildcards, said by `speaker` "
            "if given",
            "in which {}",
            ("source", "call_id"),
        ),
    ] = None
    extra: Annotated[
        dict[
            Annotated[str, TEXT],
            Annotated[
                Annotated[ExtraRange, Tag(RANGE)] | Annotated[tuple[str, ...], Tag(VALUES)],
                Discriminator(lambda value: VALUES if isinstance(value, tuple) else RANGE),
            ],
        ]
        | None,
        FieldsByName(),
        Operator(
            EXTRA,
            "each own field of the exports that is named is the value, one of several, a number within, "
            "or there",
            "{}",
            ("extra",),
        ),
    ] = None
    success: Annotated[
        bool | None,
        FLAG,
        Operator(
            flag("succeeded", "did not succeed"),
            "the platform's success flag says this; unknown is neither",
            "that {}",
            ("success",),
        ),
    ] = None
    is_test: Annotated[
        bool | None,
        FLAG,
        Operator(
            flag("test", "real"),
            "the test flag says this; unknown is neither",
            "that were {} calls",
            ("is_test",),
        ),
    ] = None
    has_transcript: Annotated[
        bool | None,
        FLAG,
        Operator(
            holding("{} > 0", "a", "no"),
            "an utterance is held (`false`: none is)",
            "that have {} transcript",
            ("segment_count",),
        ),
    ] = None
    has_recording: Annotated[
        bool | None,
        FLAG,
        Operator(
            holding("{} <> ''", "a", "no"),
            "a recording is linked (`false`: none is)",
            "that have {} recording",
            ("recording_url",),
        ),
    ] = None
    any: Annotated[
        tuple[Nested, ...] | None, Filters(), Operator(ANY_OF, "at least one of the filters matches")
    ] = None
    all: Annotated[tuple[Nested, ...] | None, Filters(), Operator(ALL_OF, "all of the filters match")] = None
    not_: Annotated[
        Filter | None,
        NonEmpty(),
        Operator(NONE_OF, "the filter does not match, also where a value is missing"),
    ] = Field(default=None, alias="not")

    def __init__(self, /, **conditions: Any) -> None:
        given = {("not" if key == "not_" else key): value for key, value in conditions.items()}
        if len(given) < len(conditions):
            raise InvalidFilter([FilterFault("not", "the key twice, as `not_` too", "either spelling")])
        validated(given, lambda: self.__pydantic_validator__.validate_python(given, self_instance=self))

    # Nested filters are validated without a call of __init__, so that their faults are gathered, not raised.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


ALL: Final = Filter.model_construct()
"""The empty filter, which selects every call. There is nothing in it to check, for which models are built."""


def validated(given: object, validate: Callable[[], Filter]) -> Filter:
    """What `validate` makes of the filter that was given.

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
