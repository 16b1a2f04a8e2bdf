"""Hellos that need several round trips: held without a deadlock, and no byte before the verdict.

A sender that gets no acknowledgement stops after its initial window (or, with Nagle's algorithm,
after one byte); so the gateway answers for the server while it waits, and delivers later. With loss
on the way to the server it must deliver again.
"""
import threading
import time

import pytest

from kit import hello as h, zone as z
from kit.talk import Talk, connect, listen_to, talk

SHAPES = {
    "8.7kB-at-MSS-524": dict(total=8700, mss=524),
    "64KiB": dict(total=65536),
    "64KiB-at-MSS-524": dict(total=65536, mss=524),
    "one-byte-writes-nodelay": dict(total=600, size=1, nodelay=True),
    "one-byte-writes-nagle": dict(total=600, size=1),
    "100-byte-writes-50ms-apart": dict(total=3000, size=100, pause=0.05),
    "1.8kB-post-quantum-size": dict(total=1800),
}
LOSS = {"8.7kB-at-MSS-524", "64KiB", "one-byte-writes-nagle"}


@pytest.fixture
def lossy(lab):
    """One in five packets towards the truth server is lost."""
    lab.net.sh("nft", "-f", "-", stdin=f"""
        table ip loss {{
          chain into {{
            type filter hook input priority 0;
            ip daddr {z.TRUTH} tcp dport 443 numgen random mod 100 < 20 drop
          }}
        }}""")
    yield
    lab.net.sh("nft", "delete", "table", "ip", "loss")


def speak(shape, lab, name, **more):
    words = dict(SHAPES[shape])
    data = h.padded(words.pop("total"), name)
    return data, talk(lab, data, **words, **more)


def check_allowed(shape, lab, gateway, truth, seconds):
    data = h.padded(SHAPES[shape]["total"], h.ALLOWED)
    server = truth(reply=h.answers_once(len(data), h.first_flight))
    words = {k: v for k, v in SHAPES[shape].items() if k != "total"}
    result = talk(lab, data, timeout=seconds, enough=400, **words)
    assert len(result.received) >= 400, (result.end, len(server.received), len(data))
    assert server.received == data
    line = gateway.wait_for_flow(dst=z.TRUTH, cat="client", outcome="allowed")
    assert line["dhost"] == "truth.test"


def check_refused(shape, lab, gateway, truth, seconds):
    server = truth()
    _, result = speak(shape, lab, h.OTHER, timeout=seconds)
    assert result.end in ("reset", "fin"), result.end
    gateway.wait_for_flow(dst=z.TRUTH, reason="not-allowlisted", dhost="unlisted.test",
                          timeout=seconds)
    assert server.received == b"", "a byte left before the verdict"


@pytest.mark.parametrize("shape", SHAPES)
def test_is_allowed(shape, lab, gateway, truth):
    check_allowed(shape, lab, gateway, truth, 15)


@pytest.mark.parametrize("shape", SHAPES)
def test_is_refused(shape, lab, gateway, truth):
    check_refused(shape, lab, gateway, truth, 15)


@pytest.mark.parametrize("shape", sorted(LOSS))
def test_is_allowed_over_a_lossy_path(shape, lab, gateway, truth, lossy):
    check_allowed(shape, lab, gateway, truth, 60)


@pytest.mark.parametrize("shape", sorted(LOSS))
def test_is_refused_over_a_lossy_path(shape, lab, gateway, truth, lossy):
    check_refused(shape, lab, gateway, truth, 60)


@pytest.mark.parametrize("mss", [None, 524])
def test_all_but_the_last_byte_stay_here(mss, lab, gateway, truth):
    data = h.padded(9000, h.ALLOWED)
    server = truth(reply=h.answers_once(len(data), h.first_flight))
    sock = connect(lab, mss=mss)
    with sock:
        sock.sendall(data[:-1])
        assert server.stays_at(0, 1.5), "a byte left before the verdict"
        sock.sendall(data[-1:])
        result = listen_to(sock, Talk(), 10, enough=400)
        assert len(result.received) >= 400
    assert server.received == data


def test_a_hello_beyond_the_limit_is_refused(lab, gateway, truth):
    server = truth()
    result = talk(lab, h.records(h.handshake(h.body([h.sni(h.ALLOWED), *h.USUAL])
                                             + bytes(90_000)), 16384), timeout=15)
    assert result.end in ("reset", "fin")
    line = gateway.wait_for_flow(dst=z.TRUTH, outcome="disallowed")
    assert line["reason"].split(":")[0] == "tls-hello-too-large", line
    assert server.received == b""


def test_what_follows_a_big_hello_arrives_in_order(lab, gateway, truth):
    """The gateway owned the delivery of the hello; the rest of the stream fits behind it."""
    data = h.padded(20_000, h.ALLOWED)
    more = h.record(bytes(range(256)) * 60, 23, 0x0303)
    server = truth(reply=h.answers_once(len(data), h.first_flight))
    sock = connect(lab, mss=524)
    with sock:
        sock.sendall(data)
        assert len(listen_to(sock, Talk(), 10, enough=400).received) >= 400
        for _ in range(20):
            sock.sendall(more)
        assert server.wait_received(len(data) + 20 * len(more), 15)
    assert server.received == data + 20 * more


def test_many_at_once_do_not_mix(lab, gateway, truth):
    names = [f"n{i}.wild.test".encode() for i in range(12)]
    lab.update_zone({"*.wild.test": {"a": [z.TRUTH]}})
    try:
        hellos = {name: h.padded(6000 + 500 * i, name) for i, name in enumerate(names)}
        server = truth(reply=h.answers_once(6000, h.first_flight))
        results = {}

        def one(name):
            results[name] = talk(lab, hellos[name], size=900, pause=0.01, mss=524, timeout=20,
                                 enough=400)
        threads = [threading.Thread(target=one, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(0.5)
        received = sorted(c.received for c in server.connections)
        assert received == sorted(hellos.values())
    finally:
        lab.update_zone({"*.wild.test": z.ZONE["*.wild.test"]})
