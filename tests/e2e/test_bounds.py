"""Memory stays bounded under thousands of connections of one client, and others are still served.

A separate module with a gateway of its own: its memory is measured from the start. The numbers are
the product's stated limits (src/base/limits.h), with room for the allocator.
"""
import socket

import pytest

from kit import hello as h, zone as z
from kit.netns import wait_until
from kit.rawtcp import ACK, PSH, SYN, RawConnection, Segment, ip_packet, tcp_segment

pytestmark = pytest.mark.bounds

STUCK = 20_000
PARTIAL = 1_000
HELD_PER_CLIENT_KIB = 96 * 1024


@pytest.fixture
def sink(lab):
    """A listener that completes handshakes and never accepts: no descriptors of ours."""
    lab.net.sysctl(net__core__somaxconn=65535, net__ipv4__tcp_max_syn_backlog=65535,
                   net__ipv4__tcp_syncookies=0)
    with lab.net.entered():
        sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((z.TRUTH_OTHER, 443))
    sock.listen(65535)
    yield sock
    sock.close()


class Crowd:
    """Raw connections of one client that share their sockets: source ports are the only state."""

    def __init__(self, lab):
        self.base = RawConnection(lab, z.TRUTH_OTHER, handshake=False)
        self.established = {}

    def send(self, sport, seq, ack, flags, data=b""):
        segment = tcp_segment(self.base.src, self.base.dst, sport, 443, seq, ack, flags, data)
        self.base.out.sendto(ip_packet(self.base.src, self.base.dst, segment), (self.base.dst, 0))

    def collect(self, data, seconds):
        """Answers every SYN-ACK with an ACK and `data`, until it is quiet for a while."""
        self.base.inlet.settimeout(seconds)
        try:
            while True:
                s = Segment(self.base.inlet.recv(65535))
                if s.flags & SYN and s.dport not in self.established:
                    self.established[s.dport] = s.seq + 1
                    self.send(s.dport, s.ack, s.seq + 1, PSH | ACK, data)
        except socket.timeout:
            pass


def test_twenty_thousand_stuck_connections(lab, own_gateway, sink):
    """Each has sent the beginning of a hello and waits."""
    gateway = own_gateway()
    lab.c1.sh("nft", "add", "element", "inet", "lab", "raw_ports", "{ 10000-60999 }", check=False)
    before = gateway.memory_kib()
    crowd = Crowd(lab)
    crowd.base.inlet.setsockopt(socket.SOL_SOCKET, 33, 1 << 25)  # SO_RCVBUFFORCE
    beginning = h.hello()[:80]
    ports = range(20_000, 20_000 + STUCK)
    for at in range(0, STUCK, 200):
        for sport in ports[at:at + 200]:
            crowd.send(sport, 1000, 0, SYN)
        crowd.collect(beginning, 0.02)
    crowd.collect(beginning, 1)
    assert len(crowd.established) > STUCK // 2
    assert lab.curl("https://second.test/", client="c2").ok
    assert gateway.alive
    assert gateway.memory_kib() - before < 300 * 1024
    lab.c1.sh("nft", "delete", "element", "inet", "lab", "raw_ports", "{ 10000-60999 }",
              check=False)


def test_a_thousand_partial_hellos_of_64_KiB(lab, own_gateway, truth):
    gateway = own_gateway()
    before = gateway.memory_kib()
    server = truth(z.TRUTH)
    data = h.padded(65536, h.ALLOWED)[:64_000]
    sockets = []
    try:
        for _ in range(PARTIAL):
            with lab.c1.entered():
                sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex((z.TRUTH, 443))
            sockets.append([sock, 0])

        def push():
            """Every socket says as much as it can; true when all have said all or are dead."""
            for entry in sockets:
                if entry[1] < len(data):
                    try:
                        entry[1] += entry[0].send(data[entry[1]:])
                    except BlockingIOError:
                        pass
                    except OSError:
                        entry[1] = len(data)
            return all(said >= len(data) for _, said in sockets)
        wait_until(push, 8, 0.05)
        peak = gateway.memory_kib()
        assert lab.curl("https://second.test/", client="c2").ok
        assert gateway.alive
        assert peak - before < 2 * HELD_PER_CLIENT_KIB
        assert server.received == b""
    finally:
        for sock, _ in sockets:
            sock.close()
    gateway.pause_until_quiet()
    assert wait_until(lambda: lab.curl("https://allowed.test/").ok, 20)
