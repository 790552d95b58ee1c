"""What a pull may land: answers without erased people, and without values where the lake is redacted.

Input: a platform's answers as received. Output: the bodies to land. An answer of an erased call alone isn't
landed; a call of an erased number that began after the erasure is.
"""

from __future__ import annotations

from datetime import datetime

from batchlake.erasure.landed.records import RecordCleaner
from batchlake.privacy.finder import Finder
from batchlake.privacy.json_numbers import decoded, dumped
from batchlake.privacy.key import key_of_lake, read_policy
from batchlake.privacy.redaction.documents import DocumentRedactor
from batchlake.privacy.redaction.policy import redactor_of
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from batchlake.privacy.tombstones import Tombstones
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger


class LandingGate:
    """Cleans what lands for a lake.

    Args:
        tombstones: who was erased from the lake; None for nobody.
        redactor: of a lake that is redacted; None where values stay plain.
    """

    def __init__(self, tombstones: Tombstones | None, redactor: Redactor | None) -> None:
        self._tombstones = tombstones
        self._redactor = redactor
        self._finder: Finder | None = tombstones.finder() if tombstones else None
        self.kept_out = 0
        self._dropped: set[str] = set()

    @classmethod
    def of(cls, tables: LakeTables, rules: Rules | None) -> LandingGate | None:
        """The gate of a lake, None where everything lands as received.

        Raises:
            InvalidRequest: these rules can't be the lake's.
            PrivacyKeyMissing, WrongPrivacyKey: its digests can't be made here.
        """
        storage = tables.storage
        is_new = Ledger(tables).find() is None
        if rules and read_policy(storage).get("redact") is None:
            # Nothing plain may land before the first ingest makes the rules the lake's.
            storage.refuse_other_things()
            with storage.lock():
                redactor = redactor_of(storage, rules, is_new=is_new)
        else:
            redactor = redactor_of(storage, rules, is_new=is_new)
        policy = read_policy(storage)
        tombstones = None
        if policy.get("key_id") and not is_new:
            tombstones = Tombstones.read(tables, key_of_lake(storage, policy)) or None
        return cls(tombstones, redactor) if tombstones or redactor else None

    def body(self, source: str, data: bytes) -> bytes | None:
        """A body as it may land, None where nothing of it may."""
        cleaned: bytes | None = data
        if self._tombstones and self._finder:
            cleaner = RecordCleaner(self._finder, self._tombstones.is_erased_call, self._is_late)
            cleaned, removed = cleaner.body(source, data)
            self.kept_out += removed
            self._dropped |= cleaner.ids
        return redacted_body(self._redactor, cleaned) if self._redactor and cleaned is not None else cleaned

    def is_erased(self, source: str, call_id: str) -> bool:
        """Whether a call was erased or kept out, so that nothing may remember its id."""
        if call_id in self._dropped:
            return True
        return self._tombstones is not None and self._tombstones.is_erased_call(source, call_id)

    def text_of(self, text: str) -> str:
        """What was asked for, without erased values and without numbers or addresses in an id."""
        if self._finder:
            text = self._finder.erased(text)
        if self._redactor and self._redactor.is_personal_id(text):
            text = self._redactor.without_personal(text)
        return text

    def id_of(self, item_id: str) -> str:
        """An id as it may stand in a file's name."""
        return (self._redactor.id_of("id", item_id) if self._redactor else item_id) or item_id

    def _is_late(self, number: str, began: datetime | None) -> bool:
        """Whether a call of an erased number began after the erasure."""
        return self._tombstones is not None and not self._tombstones.keeps_out(number, began)


def redacted_body(redactor: Redactor, data: bytes) -> bytes:
    """A landed body without values; one that isn't JSON is a text. The same object where it holds none."""
    try:
        document = decoded(data)
    except ValueError:
        text = data.decode("utf-8", "replace")
        again = redactor.text(text)
        return data if again == text else again.encode()
    cleaned = DocumentRedactor(redactor).document(document)
    if cleaned == document:
        return data
    return dumped(cleaned).encode("utf-8", "surrogatepass")
