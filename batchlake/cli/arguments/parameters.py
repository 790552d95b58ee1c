"""`option`: what every verb declares its options with, so that one given twice is never half ignored.

Input: what was typed. Output: one value for each option. A flag may be repeated, and an option made with
`multiple=True` counts each time. Any other that is given twice is refused, under whichever of its names,
and also where it is given once before a sub-verb and once after it (`problems --lake a replay --lake b`).
One given only before the sub-verb holds for the sub-verb, if that has it. An empty value is refused, and what
would have no effect beside other options is refused by the verbs (`refuse`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import click
from click.core import ParameterSource

from batchlake.errors import InvalidRequest

Command = Callable[..., Any]
"""What an option is added to."""

_MOST_SECONDS: Final = 10 * 366 * 86_400
_GIVEN: Final = "batchlake.given"


class Count(click.IntRange):
    """A whole number that something can be counted up to.

    Args:
        least: the least that is taken.
        most: the most.
    """

    def __init__(self, least: int = 1, most: int = 1_000_000_000) -> None:
        super().__init__(min=least)
        self._most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number as Python's."""
        number: int = super().convert(value, param, ctx)
        if number > self._most:
            self.fail(f"{value} is more than {self._most:,}.", param, ctx)
        return number


class Seconds(click.FloatRange):
    """A length of time in seconds, of ten years at most.

    Args:
        least: the least that is taken.
        is_open: whether only more than that is.
    """

    def __init__(self, least: float = 0, *, is_open: bool = False) -> None:
        super().__init__(min=least, min_open=is_open)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds as Python's number."""
        seconds: float = super().convert(value, param, ctx)
        # NaN is neither less nor more than any.
        if not seconds <= _MOST_SECONDS:
            self.fail(f"{value} is not a number of seconds up to {_MOST_SECONDS:,}.", param, ctx)
        return seconds


class Option(click.Option):
    """An option that refuses to be given twice, unless that means something."""

    @property
    def is_single(self) -> bool:
        """Whether it takes a value, and one only."""
        return not (self.is_flag or self.multiple or self.count)

    @property
    def shown(self) -> str:
        """Its names."""
        return " / ".join(self.opts)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser gather every value; click would keep the last."""
        if self.is_single:
            parser.add_option(obj=self, opts=self.opts, dest=self.name, action="append", nargs=self.nargs)
        else:
            super().add_to_parser(parser, ctx)

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """The value given here or before the sub-verb; else that of the environment, settings or default.

        Raises:
            click.UsageError: it was given more than once; names the option and its values.
            InvalidRequest: it was given an empty text, as of a shell's variable that isn't set.
        """
        typed = opts.get(self.name, ())
        if "" in (typed if isinstance(typed, list) else [typed]) and not ctx.resilient_parsing:
            raise InvalidRequest(f"{self.shown} was given an empty value. Give one, or leave it out.")
        if self.multiple or self.count:
            return super().consume_value(ctx, opts)
        # A verb and its sub-verb share `meta`.
        given: dict[str, list[Any]] = ctx.meta.setdefault(_GIVEN, {})
        values = given.setdefault(self.name, [])
        if self.name in opts:
            values += opts[self.name] if self.is_single else [opts[self.name]]
        if not values:
            return super().consume_value(ctx, opts)
        if self.is_single and len(values) > 1:
            listed = f"{', '.join(map(repr, values[:-1]))} and {values[-1]!r}"
            raise click.UsageError(f"{self.shown} is given more than once: {listed}.", ctx)
        return super().consume_value(ctx, {**opts, self.name: values[-1]})


def option(*names: str, **settings: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`click.option`, made with `Option`."""
    return click.option(*names, cls=Option, **settings)


def refuse(names: Iterable[str], why: str) -> None:
    """Refuse options that would have no effect, where the command line has them.

    Args:
        names: of the running command's parameters.
        why: the end of the sentence: `to a dry run`.

    Raises:
        click.UsageError: one of them is given.
    """
    context, refused = click.get_current_context(), set(names)
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in refused and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{parameter.opts[0]} is of no use {why}.", context)
