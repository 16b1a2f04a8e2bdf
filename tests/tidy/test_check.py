"""scripts/check ends what it started."""
import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts/lib"))
import check  # noqa: E402


def test_a_command_that_does_not_want_to_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "CLEAN_UP_SECONDS", 0.2)
    survived = tmp_path / "survived"
    program = f"import time; time.sleep(20); open({str(survived)!r}, 'w')"
    # What is ignored stays so in the command.
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            check.Check(tmp_path).run(sys.executable, "-c", program, timeout=0.2)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not survived.exists()
