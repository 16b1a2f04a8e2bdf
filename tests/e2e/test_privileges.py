"""What the kernel says of each thread of the running gateway."""
import os
from pathlib import Path

NET_ADMIN, NET_RAW = 1 << 12, 1 << 13


def test_every_thread_has_two_capabilities_and_the_filter(lab, gateway):
    threads = list(Path(f"/proc/{gateway.child.pid}/task").iterdir())
    assert len(threads) > 5
    for thread in threads:
        status = dict(line.split(":\t", 1) for line in
                      (thread / "status").read_text().splitlines() if ":\t" in line)
        name = status["Name"]
        for kind in ("CapEff", "CapPrm", "CapBnd"):
            assert int(status[kind], 16) & ~(NET_ADMIN | NET_RAW) == 0, (name, kind, status[kind])
        assert int(status["CapInh"], 16) == 0, name
        assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1", name


def niceness(pid, thread):
    return int(Path(f"/proc/{pid}/task/{thread}/stat").read_text().rsplit(")", 1)[1].split()[16])


def test_the_thread_that_compiles_gives_way_to_those_that_serve_packets(gateway):
    pid = gateway.child.pid
    threads = [int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()]
    assert niceness(pid, pid) == 10
    started_with = os.getpriority(os.PRIO_PROCESS, 0)
    assert sum(niceness(pid, thread) == started_with for thread in threads) >= 3
