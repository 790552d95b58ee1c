"""Where things are in this checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
SAMPLE: Final = ROOT / "sample_data"
CASES: Final = ROOT / "tests" / "cases"
EXPORT_CASES: Final = CASES / "exports"
