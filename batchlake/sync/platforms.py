"""What batchlake knows of a calling platform: the models of a `[platforms.NAME]` table in `batchlake.toml`.

A platform is data: its address, how a request is authorised, where its answers keep their calls, how a
list goes on to its next page, and how hard it may be asked. No table holds a secret: `auth.env` names the
environment variable that does. The tables of the folder `bundled` come with batchlake; a table of the same
name in `batchlake.toml` is laid over them, key by key. `${NAME}` in a path or a parameter stands for a
variable of the environment, for what tells one account or agent from another.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from batchlake.errors import ConfigurationFault, InvalidConfiguration

_BUNDLED: Final = Path(__file__).parent / "bundled"
_FROM_ENVIRONMENT: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

PLATFORM_NAME: Final = r"^[a-z0-9][a-z0-9_-]{0,62}$"
"""A platform's name is also the `source` of its calls and a folder's name."""

JsonPlace = Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)*$")]
"""Where in a JSON document something is: keys and, in arrays, numbers from 0, joined by dots."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Auth(_Table):
    """The header that authorises a request: its name, and the variable that holds its value.

    With `user_env`, the variable that holds a user's name, both are sent as HTTP's basic authentication.
    """

    header: str = Field(default="authorization", pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
    env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    prefix: str = Field(default="", pattern=r"^[ -~]*$")
    user_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")


class Limits(_Table):
    """How hard a platform may be asked, and how much of its answers is taken."""

    requests_per_second: PositiveFloat = 5
    in_flight: PositiveInt = 4
    tries: PositiveInt = 5
    first_wait_seconds: PositiveFloat = 0.5
    longest_wait_seconds: PositiveFloat = 60
    connect_seconds: PositiveFloat = 10
    silence_seconds: PositiveFloat = 30
    response_seconds: PositiveFloat = 300
    pull_seconds: PositiveFloat = 3600
    response_bytes: PositiveInt = 64 * 1024 * 1024
    pages: PositiveInt = 10_000


class Pages(_Table):
    """How a list leads to its next page.

    `none` has one page; `page` counts pages and `offset` calls in `parameter`; `cursor` sends back what
    is at `next`, `last` the value there in the page's last call; `link` follows the address at `next`,
    or the `Link` header's `rel="next"`. A list ends with an empty page, with fewer calls than `size`, or when
    `total` are listed; by cursor or link, where none follows or `more` is false. In a list asked for by POST,
    `parameter` and `size_parameter` are places in the body.
    """

    style: Literal["none", "page", "offset", "cursor", "last", "link"] = "none"
    parameter: str | None = None
    first: int = 1
    size_parameter: str | None = None
    size: PositiveInt | None = None
    next: JsonPlace | None = None
    more: JsonPlace | None = None
    total: JsonPlace | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.style in ("page", "offset", "cursor", "last") and not self.parameter:
            raise ValueError(f"style {self.style!r} needs `parameter`, the name of the query parameter")
        if self.style == "cursor" and not self.next:
            raise ValueError("style 'cursor' needs `next`, the place of the next cursor in an answer")
        if self.style == "last" and not self.next:
            raise ValueError("style 'last' needs `next`, the place in a call of what is sent back")
        if self.size_parameter and not self.size:
            raise ValueError("`size_parameter` needs `size`, the number of calls on a page")
        return self


class Listing(_Table):
    """The list of calls: its path, the place of its calls in an answer, and its pages.

    `newest_first` says that later pages hold older calls, so that a list that has been read whole once need
    only be read down to what is held. `since` names a parameter that leaves out what is older. A list asked
    for by POST sends `body`, in which `since` and the parameters of its pages are places. `id` is the place
    of a call's id, where it is neither `call_id` nor `id`.
    """

    path: str
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str] = {}
    body: dict[str, Any] = {}
    id: JsonPlace | None = None
    records: JsonPlace | None = None
    pages: Pages = Pages()
    newest_first: bool = False
    since: str | None = None
    since_format: Literal["rfc3339", "date", "unix", "unix_ms"] = "rfc3339"

    @field_validator("records")
    @classmethod
    def _is_ingested(cls, given: str | None) -> str | None:
        from batchlake.ingest.parse.recognition import LISTS

        known = sorted({"calls", "conversations", "logs", *LISTS})
        if given is not None and given.rpartition(".")[2] not in known:
            raise ValueError(f"an ingest finds calls in no list of this name, but in {', '.join(known)}")
        return given


class Item(_Table):
    """One batch or call by its id: `{id}` in the path or in a parameter stands for it."""

    path: str
    params: dict[str, str] = {}

    @model_validator(mode="after")
    def _names_the_id(self) -> Self:
        if not any("{id}" in text for text in (self.path, *self.params.values())):
            raise ValueError("neither `path` nor `params` holds `{id}`, the place of the id")
        return self

    def target(self, item_id: str) -> tuple[str, dict[str, str]]:
        """The path and parameters that ask for this id; a path never leaves its folder."""
        path = self.path.replace("{id}", quote(item_id, safe=""))
        return path, {name: value.replace("{id}", item_id) for name, value in self.params.items()}


class Platform(_Table):
    """One calling platform. What it has no table for isn't asked: `calls` (a list), `call`, `batch`."""

    base_url: str
    auth: Auth | None = None
    limits: Limits = Limits()
    calls: Listing | None = None
    call: Item | None = None
    batch: Item | None = None
    refresh_days: PositiveFloat = 30
    retention_days: PositiveFloat | None = None
    """After how many days the platform deletes a call, where that is known."""

    @field_validator("base_url")
    @classmethod
    def _is_safe(cls, given: str) -> str:
        try:
            url = urlsplit(given)
            host, _ = url.hostname, url.port
        except ValueError as error:
            raise ValueError(f"not an address: {error}") from None
        if url.scheme not in ("https", "http") or not host:
            raise ValueError("must be an address such as https://api.example.com/v1/")
        if url.username or url.password or url.query or url.fragment:
            raise ValueError(
                "may hold no user name, password, query or fragment; a credential goes to `auth`"
            )
        if url.scheme == "http" and not _is_loopback(host):
            raise ValueError("must be https: http is for loopback addresses alone")
        return given if given.endswith("/") else given + "/"

    @property
    def is_encrypted(self) -> bool:
        """Whether requests go over https; otherwise they stay on this machine."""
        return self.base_url.startswith("https:")


def with_environment(platform: Platform, environ: Mapping[str, str]) -> Platform:
    """The platform with each `${NAME}` of its paths and parameters replaced by the variable's value.

    Raises:
        InvalidConfiguration: naming every variable that isn't set.
    """
    missing: list[str] = []

    def value_of(found: re.Match[str]) -> str:
        value = environ.get(found[1], "").strip()
        if not value:
            missing.append(found[1])
        return quote(value, safe="")

    def filled(item: Any) -> Any:
        if isinstance(item, str):
            return _FROM_ENVIRONMENT.sub(value_of, item)
        return {key: filled(one) for key, one in item.items()} if isinstance(item, dict) else item

    tables = platform.model_dump(include={"calls", "call", "batch"}, exclude_none=True)
    again = platform.model_dump(exclude_none=True) | {name: filled(table) for name, table in tables.items()}
    if missing:
        raise InvalidConfiguration(
            [
                ConfigurationFault("environment", name, "not set; the platform's paths need it")
                for name in dict.fromkeys(missing)
            ]
        )
    return Platform.model_validate(again)


def bundled_platforms() -> dict[str, dict[str, Any]]:
    """The tables that come with batchlake, by platform, as plain TOML values."""
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(_BUNDLED.glob("*.toml"))
    }


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
