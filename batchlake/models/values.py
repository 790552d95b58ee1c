"""The types of values in answers: money, seconds, times, and how a missing value is written.

A figure without data is None and written as null; in models of calls and batches (`Known`) an unknown value
is left out. Models are frozen and refuse unknown fields.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer, SerializerFunctionWrapHandler, model_serializer

from batchlake.text.values import money_text, utc_text


def seconds_number(seconds: float) -> int | float:
    """A number of seconds as an integer where it is whole and small enough for one to be exact.

    >>> seconds_number(125.0), seconds_number(0.5)
    (125, 0.5)
    """
    return int(seconds) if seconds.is_integer() and abs(seconds) < 1e15 else seconds


Money = Annotated[Decimal, PlainSerializer(money_text, return_type=str, when_used="json")]
Seconds = Annotated[float, PlainSerializer(seconds_number, return_type=int | float, when_used="json")]
Time = Annotated[datetime, PlainSerializer(utc_text, return_type=str, when_used="json")]


class Figures(BaseModel):
    """A model whose missing values are null; it is built when it is first used, as most verbs use few."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Known(Figures):
    """A model whose unknown values are left out."""

    @model_serializer(mode="wrap")
    def _leave_out_unknown(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value is not None}
