"""What privacy and erasure raise: leaves of the tree that `batchlake.errors` draws."""

from __future__ import annotations

from batchlake.errors import InvalidRequest, LakeError, StateVacuumed
from batchlake.text.escaping import shown


class StateErased(StateVacuumed):
    """The state that was asked for held somebody who was erased since: earlier states ended with that.

    `erased_at` is when (RFC 3339), `by_run` the run that erased.
    """

    code = "state_erased"
    erased_at: str
    by_run: str

    def __init__(self, run_id: str, erased_at: str, by_run: str) -> None:
        InvalidRequest.__init__(
            self,
            f"the state of run {run_id} can't be read any more: a person was erased on {erased_at} by run "
            f"{by_run}, and every earlier state with them. Ask again to read the newest.",
            at=run_id,
            erased_at=erased_at,
            by_run=by_run,
        )


class NothingToForget(InvalidRequest, LookupError):
    """No call and no value in the lake is what was to be forgotten; nothing was done."""

    code = "nothing_to_forget"

    def __init__(
        self,
        message: str = "the lake holds no call and no value of these targets. Nothing was done; check the "
        "spelling, and `batchlake contacts` or `batchlake calls` for what is held.",
    ) -> None:
        super().__init__(message)


class ErasureMismatch(InvalidRequest):
    """Another number of calls would be erased than was expected; nothing was done."""

    code = "erasure_mismatch"
    expected: int | None
    found: int

    def __init__(self, expected: int | None, found: int) -> None:
        said = "--expect is missing" if expected is None else f"--expect says {expected}"
        super().__init__(
            f"{found} call{'' if found == 1 else 's'} would be erased, and {said}. Nothing was done; look at "
            f"--dry-run, and give --expect {found} where these are meant.",
            expected=expected,
            found=found,
        )


class PrivacyKeyMissing(LakeError):
    """The lake keeps people out, or holds pseudonyms, and the key for that isn't here."""

    code = "privacy_key_missing"
    key_id: str

    def __init__(self, lake: str, key_id: str, path: str, variable: str) -> None:
        super().__init__(
            f"the lake {shown(lake)} has tombstones or pseudonyms of the privacy key {key_id}, which isn't "
            f"here. Copy it to {path} (mode 600) from where the lake was written, or set {variable}.",
            lake=lake,
            key_id=key_id,
        )


class WrongPrivacyKey(LakeError):
    """The privacy key that is here is another than the lake's."""

    code = "wrong_privacy_key"
    key_id: str
    found: str

    def __init__(self, lake: str, key_id: str, found: str, path: str, variable: str) -> None:
        super().__init__(
            f"the lake {shown(lake)} has tombstones or pseudonyms of the privacy key {key_id}; the one in "
            f"{path} or {variable} is {found}. Copy the lake's own from where it was written.",
            lake=lake,
            key_id=key_id,
            found=found,
        )
