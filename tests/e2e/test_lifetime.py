"""The life of the daemon and of connections: killed, hung, restarted, starved; nothing opens up.

The kernel keeps what was allowed; everything new waits or is refused. Every test has a gateway of
its own.
"""
import os
import signal
import time

import pytest

from kit import hello, zone as z
from kit.gateway import default_config
from kit.netns import wait_until
from kit.rawtcp import ACK, PSH, RawConnection
from kit.talk import Talk, connect, listen_to, talk


class Download:
    """A rate-limited download by curl that lives for twenty seconds."""

    def __init__(self, lab, client="c1"):
        self.lab = lab
        self.path = lab.folder / f"download-{time.monotonic_ns()}.bin"
        self.child = lab.clients[client].start(
            "curl", "-sS", "--max-time", "120", "--cacert", lab.certificates.ca, "-o", self.path,
            "https://big.test/big.bin")
        assert wait_until(lambda: self.size > 100_000, 15), "the download did not begin"

    @property
    def size(self):
        return self.path.stat().st_size if self.path.exists() else 0

    def grows(self, by=z.BIG_RATE, timeout=15):
        before = self.size
        return bool(wait_until(lambda: self.size >= min(before + by, z.BIG_BYTES), timeout))

    def finish(self):
        assert self.child.wait(60) == 0
        assert self.size == z.BIG_BYTES

    def stop(self):
        self.lab.shop.stop(self.child)


@pytest.fixture
def download(lab):
    made = []

    def make(*words):
        made.append(Download(lab, *words))
        return made[-1]
    yield make
    for one in made:
        one.stop()


def background_curl(lab, url, name):
    path = lab.folder / f"{name}-{time.monotonic_ns()}.txt"
    child = lab.c1.start("curl", "-sS", "--max-time", "60", "--cacert", lab.certificates.ca, "-o",
                         path, url)
    return child, path


def test_forwarding_begins_with_the_rules(lab, own_gateway):
    assert lab.gw.get_sysctl("net.ipv4.ip_forward") == "0"
    own_gateway()
    assert lab.gw.get_sysctl("net.ipv4.ip_forward") == "1"


def test_a_killed_daemon_stops_nothing_allowed_and_lets_nothing_new_in(lab, own_gateway, download):
    gateway = own_gateway()
    live = download()
    gateway.kill()
    assert live.grows(2 * z.BIG_RATE)
    assert not lab.curl("https://allowed.test/", limit=2).ok
    assert not lab.curl("https://unlisted.test/", limit=2).ok
    assert lab.ssh("ssh-refused.test", options=["-o", "ConnectTimeout=2"]).status != 0
    waiting, path = background_curl(lab, "https://allowed.test/", "waiting")
    refused, _ = background_curl(lab, "https://unlisted.test/", "refused")
    time.sleep(0.5)
    assert waiting.poll() is None
    gateway.start()
    assert waiting.wait(30) == 0
    assert "this is allowed.test" in path.read_text()
    assert refused.wait(30) != 0
    assert live.grows()
    live.finish()


def test_a_hung_daemon_stops_nothing_allowed_and_lets_nothing_new_in(lab, own_gateway, download,
                                                                     truth):
    gateway = own_gateway()
    live = download()
    server = truth()
    os.kill(gateway.child.pid, signal.SIGSTOP)
    try:
        assert live.grows(2 * z.BIG_RATE)
        talk(lab, hello.hello(hello.OTHER), timeout=1)
        assert server.received == b""
        waiting, path = background_curl(lab, "https://allowed.test/", "waiting")
        time.sleep(0.5)
    finally:
        os.kill(gateway.child.pid, signal.SIGCONT)
    assert waiting.wait(30) == 0
    assert "this is allowed.test" in path.read_text()
    assert server.received == b""


def test_an_overflowing_queue_is_survived_and_opens_nothing(lab, own_gateway, truth):
    """While the daemon hangs, far more packets arrive than queue and socket buffers hold."""
    gateway = own_gateway()
    server = truth()
    data = hello.hello(hello.OTHER) + bytes(1000)
    os.kill(gateway.child.pid, signal.SIGSTOP)
    try:
        connections = [RawConnection(lab, z.TRUTH) for _ in range(100)]
        for _ in range(120):
            for c in connections:
                c.send(0, data, flags=PSH | ACK)
    finally:
        os.kill(gateway.child.pid, signal.SIGCONT)
    assert wait_until(lambda: lab.curl("https://allowed.test/", limit=3).ok, 20)
    assert gateway.alive
    assert server.received == b""
    for c in connections:
        c.close()


def test_a_restarted_daemon_goes_on_without_a_gap(lab, own_gateway, download):
    gateway = own_gateway()
    live = download()
    assert gateway.stop() == 0
    assert live.grows()
    assert not lab.curl("https://unlisted.test/", limit=2).ok
    gateway.start()
    assert lab.curl("https://allowed.test/").ok
    assert not lab.curl("https://unlisted.test/").ok
    assert live.grows()


def test_a_rule_removed_while_the_daemon_was_away_ends_its_connections(lab, own_gateway, download):
    gateway = own_gateway()
    live = download()
    gateway.stop()
    gateway.config.groups["sg-web"][0] = "discriminat:tls:allowed.test,second.test"
    gateway.start()
    assert wait_until(lambda: live.child.poll() is not None, 15)
    assert live.size < z.BIG_BYTES


def test_flush_on_exit_takes_everything_away(lab, own_gateway, download):
    gateway = own_gateway(arguments=["--flush-on-exit"])
    live = download()
    assert gateway.stop() == 0
    assert "discriminat" not in lab.gw.sh("nft", "list", "tables"), gateway.output_text()
    assert lab.gw.get_sysctl("net.ipv4.ip_forward") == "0"
    size = live.size
    time.sleep(1)
    assert live.size <= size + z.BIG_RATE  # what was on its way may still be written


def test_without_flush_a_stopped_gateway_stays_shut(lab, own_gateway, truth):
    gateway = own_gateway()
    assert gateway.stop() == 0
    server = truth()
    talk(lab, hello.hello(hello.OTHER), timeout=1.5)
    talk(lab, b"anything", timeout=0.5)
    assert server.received == b""


def test_a_connection_whose_state_was_lost_is_told(lab, own_gateway, truth):
    gateway = own_gateway()
    data = hello.hello()
    server = truth(reply=hello.answers_once(len(data), hello.first_flight))
    sock = connect(lab)
    with sock:
        sock.sendall(data)
        assert len(listen_to(sock, Talk(), 5, enough=400).received) >= 400
        gateway.wait_for_flow(cat="server", outcome="allowed", src=z.TRUTH)
        lab.gw.sh("conntrack", "-F")
        sock.sendall(b"after the loss")
        result = listen_to(sock, Talk(), 5)
        assert result.end == "reset"
    assert b"after the loss" not in server.received
    line = gateway.wait_for_flow(outcome="disallowed", dst=z.TRUTH)
    assert line["reason"].split(":")[0] == "state-lost"


def test_a_handshake_interrupted_by_a_restart_is_never_half_judged(lab, own_gateway, truth):
    """The first half of a hello was seen by the daemon that died."""
    gateway = own_gateway()
    data = hello.hello(hello.OTHER)
    server = truth()
    sock = connect(lab, timeout=10)
    with sock:
        sock.sendall(data[:60])
        time.sleep(0.3)
        gateway.kill()
        gateway.start()
        try:
            sock.sendall(data[60:])
        except OSError:
            pass
        assert listen_to(sock, Talk(), 12).end in ("reset", "fin")
    assert server.received == b""


def test_a_full_log_disk_stops_no_decision(lab, own_gateway):
    """A file system of 256 KiB in the daemon's own mount namespace: it goes away with it."""
    config = default_config()
    config.gateway["log_segment_bytes"] = 65536
    gateway = own_gateway(config, tmpfs_kib=256)
    full = gateway.state_path / "ballast"
    with open(full, "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    for _ in range(30):
        assert lab.curl("https://allowed.test/").ok
        assert not lab.curl("https://unlisted.test/").ok
    assert gateway.alive and gateway.health() == 200
    full.unlink()
    gateway.flow.skip()

    def line_is_back():
        lab.curl("https://second.test/")
        return gateway.flow.wait(1, dhost="second.test", outcome="allowed")
    assert wait_until(line_is_back, 15)


def test_a_start_without_any_dns_is_closed_not_stuck(lab, own_gateway):
    lab.dns.stop()
    try:
        gateway = own_gateway(default_config(), healthy=False)
        assert wait_until(lambda: gateway.health() in (200, 503), 10)
        assert not lab.curl("https://unlisted.test/", limit=3).ok
        assert not lab.curl("https://allowed.test/", limit=3).ok
    finally:
        lab.dns.start()
    assert wait_until(lambda: lab.curl("https://allowed.test/", limit=3).ok, 60)


def test_a_broken_file_at_start_is_fatal_and_says_why(lab, product):
    path = lab.folder / "broken.toml"
    path.write_text("[gateway]\ninside = [\"lan0\"]\nouside = \"wan0\"\n")
    outcome = lab.gw.run(product, "run", "--config", path, timeout=20)
    assert outcome.status not in (0, -1)
    assert "ouside" in outcome.text, outcome


def test_a_second_daemon_does_not_disturb_the_first(lab, own_gateway):
    gateway = own_gateway()
    outcome = lab.gw.run(gateway.binary, "run", "--config", gateway.path, timeout=20)
    assert outcome.status not in (0, -1), outcome
    assert lab.curl("https://allowed.test/").ok
    assert not lab.curl("https://unlisted.test/").ok
