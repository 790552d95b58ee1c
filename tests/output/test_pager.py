"""The pager's command: whose word counts, and what is told where it is no command."""

from __future__ import annotations

import pytest

from batchlake.errors import InvalidRequest
from batchlake.output.pager import pager_command


@pytest.mark.parametrize(
    ("configured", "environ", "command"),
    [
        (None, {"PAGER": "sh -c x"}, ["sh", "-c", "x"]),
        ("sh 'a b'", {"PAGER": "cat"}, ["sh", "a b"]),
        ("sh", {"BATCHLAKE_PAGER": ""}, []),
        (None, {"PAGER": "cat"}, []),
        (None, {"PAGER": "no-such-program-here"}, []),
    ],
)
def test_the_first_that_is_given_counts(
    configured: str | None, environ: dict[str, str], command: list[str]
) -> None:
    """BATCHLAKE_PAGER before the settings before PAGER; empty, `cat` and what isn't there are none."""
    assert pager_command(configured, environ) == command


@pytest.mark.parametrize(
    ("configured", "environ", "named"),
    [
        (None, {"PAGER": "less 'x"}, 'PAGER holds "less \'x"'),
        ('less "', {}, "the setting `pager` holds 'less \"'"),
        (None, {"BATCHLAKE_PAGER": "less \\"}, "BATCHLAKE_PAGER holds"),
    ],
)
def test_what_is_no_command_is_told(configured: str | None, environ: dict[str, str], named: str) -> None:
    """A quote that is left open is named with where it stands."""
    with pytest.raises(InvalidRequest) as raised:
        pager_command(configured, environ)
    assert named in str(raised.value)
