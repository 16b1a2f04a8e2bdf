"""Pages that must know all of something: every reason has advice in docs/troubleshooting.md."""
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def slugs(text):
    return set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)*)`", text))


def test_every_reason_has_advice_and_all_advice_has_a_reason():
    reasons = set(re.findall(r"^\| `([a-z0-9-]+)` \|", (DOCS / "reasons.md").read_text(),
                             re.MULTILINE))
    section = (DOCS / "troubleshooting.md").read_text().split("## ")[1]
    rows = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    advised = [slug for row in rows for slug in sorted(slugs(row))]
    assert len(reasons) > 50
    assert sorted(advised) == sorted(reasons)
