"""What the kernel says of each thread of the running gateway."""
import ctypes
import os
import platform
import struct
from pathlib import Path

import pytest

NET_ADMIN, NET_RAW = 1 << 12, 1 << 13
SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}  # Python has no name for it


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


def slice_of(thread):
    """Nanoseconds, as sched_getattr(2) says; 0 from kernels whose threads have no slice of their
    own (before Linux 6.12)."""
    attributes = ctypes.create_string_buffer(48)
    assert ctypes.CDLL(None).syscall(SCHED_GETATTR[platform.machine()], thread, attributes,
                                     len(attributes), 0) == 0
    return struct.unpack("=IIQiIQQQ", attributes.raw)[5]


def threads_of(gateway):
    return [int(path.name) for path in Path(f"/proc/{gateway.child.pid}/task").iterdir()]


def loops_of(gateway):
    queues = Path(f"/proc/{gateway.child.pid}/net/netfilter/nfnetlink_queue").read_text()
    return len(queues.splitlines())


def test_the_thread_that_compiles_gives_way_to_those_that_serve_packets(gateway):
    pid = gateway.child.pid
    assert niceness(pid, pid) == 10
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert sum(niceness(pid, thread) == ours for thread in threads_of(gateway)) >= 3


def test_each_packet_loop_has_a_cpu_and_the_rest_shares_the_others(gateway):
    cpus, loops = sorted(os.sched_getaffinity(0)), loops_of(gateway)
    places = [os.sched_getaffinity(thread) for thread in threads_of(gateway)]
    for loop in range(loops):
        places.remove({cpus[-1 - loop % len(cpus)]})
    rest = set(cpus[:-loops] or cpus[:1])
    assert places and all(place == rest for place in places)


def test_a_packet_loop_interrupts_whoever_runs(gateway):
    if slice_of(os.getpid()) == 0:
        pytest.skip("threads have no slice of their own before Linux 6.12")
    short = [thread for thread in threads_of(gateway) if slice_of(thread) == 100_000]
    assert len(short) == loops_of(gateway)
    assert all(niceness(gateway.child.pid, thread) < 10 for thread in short)
