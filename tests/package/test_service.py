"""The package on a machine with systemd: installed, started in its sandbox, upgraded, removed.

The machine is a container of this host's own files (systemd-nspawn over an overlay that is thrown
away) with a network of its own; machine.py runs in it. Skipped where no container can be booted.
"""
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from packing import ROOT, run

TARGET = """[Unit]
Requires=basic.target dn.service
After=basic.target
AllowIsolate=yes
"""
SERVICE = """[Unit]
After=basic.target systemd-journald.service
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /dn/machine.py
"""


def furnish(root, package):
    (root / "dn").mkdir()
    shutil.copy(package, root / "dn/discriminat.deb")
    shutil.copy(ROOT / "tests/package/machine.py", root / "dn")
    (root / "etc/systemd/system/dn.target").write_text(TARGET)
    (root / "etc/systemd/system/dn.service").write_text(SERVICE)
    # Of the host, and in the way here.
    for name in ("usr/sbin/policy-rc.d", "etc/systemd/system/discriminat.service"):
        (root / name).unlink(missing_ok=True)
    # Whoever brings up the host's network would wait for it here.
    for name in ("systemd-networkd-wait-online", "NetworkManager-wait-online", "networking"):
        unit = root / f"etc/systemd/system/{name}.service"
        unit.unlink(missing_ok=True)
        unit.symlink_to("/dev/null")


def boot(root):
    return run("timeout", "--kill-after=10", "90", "systemd-nspawn", "-q", "-D", root,
               "--register=no", "--keep-unit", "--private-network", "--link-journal=no",
               f"--machine=dn-{os.getpid()}", "--boot", "systemd.unit=dn.target")[1]


@pytest.fixture(scope="module")
def found(built):
    """The answers of machine.py."""
    top = Path(tempfile.mkdtemp(prefix="dn-machine-"))
    root = top / "root"
    try:
        # Not below /: a layer may not hold itself.
        status, text = run("mount", "-t", "tmpfs", "none", top)
        for name in ("root", "upper", "work"):
            (top / name).mkdir()
        if status == 0:
            status, text = run("mount", "-t", "overlay", "overlay", "-o",
                               f"lowerdir=/,upperdir={top}/upper,workdir={top}/work", root)
        if status == 0:
            furnish(root, built[0])
            text = boot(root)
        answers = root / "dn/result.json"
        if not answers.exists():
            pytest.skip(f"no container can be booted here: {text[-300:]}")
        found = json.loads(answers.read_text())
        assert "journal" in found, f"it ended too soon, after {list(found)[-1]}: {text[-2000:]}"
        yield found
    finally:
        for place in (root, top):
            subprocess.run(["umount", "-q", place], check=False)
        top.rmdir()


def test_an_installation_starts_nothing(found):
    assert found["after install"] == ["disabled", "inactive"], found["install"]


def test_the_service_does_not_come_up_with_the_shipped_policy(found):
    assert found["unwritten policy"][1] == "failed"


def test_the_service_comes_up_in_its_sandbox(found):
    assert found["health"] == 200, found
    net_admin_and_net_raw = f"{1 << 12 | 1 << 13:016x}"
    assert found["capabilities"] == [net_admin_and_net_raw] * 2


def test_the_self_test_has_its_device(found):
    assert found["device"]


def test_it_judges_and_logs_in_its_sandbox(found):
    assert found["handshakes"] == [True, False], found["journal"]
    outcomes = {(x["cat"], x["dpt"]): x["outcome"] for x in found["flow"] if x["cat"] == "client"}
    assert outcomes == {("client", 443): "allowed", ("client", 8443): "disallowed"}


def test_the_sandbox_refuses_nothing_that_the_program_asks(found):
    assert found["refused calls"] == ""


def test_an_upgrade_restarts_it(found):
    assert found["upgrade"] == [True, True]


def test_a_crash_restarts_it(found):
    assert found["crash"]


def test_a_removal_stops_it_and_leaves_the_gate_closed(found):
    active, tables, passed = found["removal"]
    assert active == "inactive" and "table ip discriminat" in tables and not passed


def test_a_purge_takes_its_traces_away(found):
    assert [x for x in found["purge"].splitlines() if "No such file" not in x] == []
