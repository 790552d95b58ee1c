"""What a `Lake` can do about people: forget them, look again, finish what was cut short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from batchlake.engine.quoting import each_text
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from batchlake.store.storage import ERASURE_NOTE

if TYPE_CHECKING:
    from batchlake.erasure.landed.incoming import LandingGate
    from batchlake.erasure.report import ErasureReport
    from batchlake.erasure.verify import Verification
    from batchlake.privacy.redaction.rules import Rules


class ErasingLake:
    """The part of `Lake` that erases; it knows the lake's tables."""

    _tables: LakeTables

    def forget(
        self,
        *,
        numbers: Iterable[str] = (),
        calls: Iterable[str] = (),
        extra: Mapping[str, Any] | None = None,
        filter: Any = None,
        values: Iterable[str] = (),
        mode: Literal["remove", "anonymise"] = "remove",
        expect: int | Literal["any"] | None = None,
        dry_run: bool = False,
        source: str | None = None,
        region: str | None = None,
        own_line: bool = False,
        follow: bool = False,
        **options: Any,
    ) -> ErasureReport:
        """Erase people: their calls and every mention, in every state and file of the lake, with proof.

        Args:
            numbers, calls, extra, filter, values: who; all of it adds up. `values` are replaced where they
            stand; `extra` is a value, or a list of values, of own fields by path.
            mode: `remove` the calls, or `anonymise` them: figures stay, the person goes.
            expect: how many calls a dry run counted, or `any`.
            dry_run: say what would go, write nothing.
            source: only of this platform or account.
            region: in which numbers without `+` are read, as `US`.
            own_line: erase also calls whose number is our side.
            follow: erase all calls of the contacts of `calls` and `filter`.
            options: the others of `batchlake.erasure.forget.Options`: `for_good`, `reference`, `landing`, ...

        Raises:
            InvalidRequest, NothingToForget, ErasureMismatch: nothing was done.
            LakeLocked, LakeNotWritable, PrivacyKeyMissing, WrongPrivacyKey: before the commit, nothing was
            done.

        Example:
            >>> lake.forget(numbers=["+14155550101"], dry_run=True).calls["matched"]
            1
            >>> report = lake.forget(numbers=["+14155550101"], expect=1)
            >>> report.calls["removed"], report.rows["segments"], report.left
            (1, 3, [])
        """
        from batchlake.erasure.forget import Options, forget
        from batchlake.erasure.targets import Request

        request = Request(
            each_text("numbers takes", numbers),
            each_text("calls takes", calls),
            dict(extra or {}),
            filter,
            each_text("values takes", values),
            source,
            region,
            own_line,
            follow,
        )
        return forget(self._tables.kept_open(), request, Options(mode, expect, dry_run, **options))

    def redact(
        self, rules: Iterable[str] | Rules, region: str | None = None, **options: Any
    ) -> ErasureReport:
        """Redact what the lake holds, and from now on everything that comes in. Earlier states end.

        Args:
            rules: kinds of values (`all` for every one), or `batchlake.Rules`.
            region: in which numbers without `+` are read, as `US`, where kinds are given by name.
            options: `dry_run`, `landing`, `wait_seconds`.

        Raises:
            InvalidRequest: no kind is named, or the lake is redacted already; nothing was done.
            LakeLocked, LakeNotWritable: before the commit, nothing was done.

        Example:
            >>> report = lake.redact(["phone"], dry_run=True)
            >>> report.mentions["calls.to_number"]
            37
        """
        from batchlake.erasure.redacting.redact import RedactOptions, redact
        from batchlake.errors import InvalidRequest
        from batchlake.privacy.redaction.rules import as_rules

        chosen = as_rules(rules, region)
        if chosen is None:
            raise InvalidRequest("nothing is named to be redacted. Give kinds such as phone, or all.")
        return redact(self._tables.kept_open(), chosen, RedactOptions(**options))

    def verify_erasures(
        self, values: Iterable[str] = (), *, landing: Path | None = None, region: str | None = None
    ) -> Verification:
        """Search every byte of the lake for everybody who was ever erased, by digest; for `values` by
        value.

        Args:
            values: numbers, names, addresses; none for everybody who was erased.
            landing: the folder of the platforms' landings, which is then searched, too.
            region: in which numbers without `+` are read, as `US`.

        Raises:
            InvalidRequest: a value is empty, or a number needs a region.
            NothingToForget: nobody was erased, and no value is given.
            PrivacyKeyMissing, WrongPrivacyKey: the digests can't be made here.

        Example:
            >>> report = lake.forget(calls=["call_abc123"], expect="any")
            >>> lake.verify_erasures().is_clean
            True
        """
        from batchlake.erasure.verify import verify_again

        return verify_again(self._tables, landing, each_text("values takes", values), region)

    def new_privacy_key(self, wait_seconds: float = 0) -> list[str]:
        """Give the lake this user's privacy key, or a new one, where its own is lost.

        Returns:
            The ids of the erasures that keep nobody out any more: their digests were made with the lost key.
            In a redacted lake, one number has two pseudonyms from then on.

        Raises:
            InvalidRequest: the lake's own key is here.

        Example:
            >>> try:
            ...     lake.new_privacy_key()
            ... except batchlake.InvalidRequest as error:
            ...     print(error)
            nobody was erased from this lake and nothing is redacted: it needs no key.
        """
        from batchlake.erasure.keys import new_key

        return new_key(self._tables, wait_seconds)

    def has_unfinished_erasure(self) -> bool:
        """Whether an erasure or a redaction was committed, and earlier files may still hold what it erased.

        Example:
            >>> lake.has_unfinished_erasure()
            False
        """
        marker = self._tables.storage.json_note(ERASURE_NOTE)
        return marker is not None and Ledger(self._tables).holds(marker["run_id"])

    def landing_gate(self, rules: Rules | None = None) -> LandingGate | None:
        """What cleans a platform's answers before they land, None where they land as received.

        Example:
            >>> lake.landing_gate() is None  # nobody was erased, and nothing is redacted
            True
        """
        from batchlake.erasure.landed.incoming import LandingGate

        return LandingGate.of(self._tables, rules)

    def finish_erasure(self, landing: Path | None = None, wait_seconds: float = 0) -> None:
        """Finish an erasure that was cut short after its commit, if there is one; every writer does so
        first.

        Example:
            >>> lake.finish_erasure()  # nothing to finish here
        """
        if self._tables.storage.note(ERASURE_NOTE) is not None:
            from batchlake.erasure.finish import finish

            finish(self._tables, landing, wait_seconds)
