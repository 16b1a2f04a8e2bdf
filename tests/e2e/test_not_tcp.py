"""What is no IPv4 TCP: dropped, and one line per flow."""
import socket
import struct

import pytest

from kit import zone as z
from kit.rawtcp import checksum, ip_packet, raw_sender


def tap(ns, family=0x0800):
    with ns.entered():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(family))
    sock.settimeout(0.6)
    return sock


def nothing_arrives(sock, fits):
    try:
        while True:
            if fits(sock.recv(2048)):
                return False
    except socket.timeout:
        return True


def udp_socket(lab, client="c1"):
    with lab.clients[client].entered():
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def test_udp_is_dropped_and_logged_once_per_flow(lab, gateway):
    with tap(lab.net) as inlet, udp_socket(lab) as sock:
        for _ in range(5):
            try:
                sock.sendto(b"question", (z.TRUTH, 5353))
            except OSError:
                pass  # the gateway may answer with an ICMP error
        assert nothing_arrives(inlet, lambda p: p[9] == 17 and p[16:20] == socket.inet_aton(
            z.TRUTH))
    line = gateway.wait_for_flow(dst=z.TRUTH, dpt=5353, outcome="disallowed")
    assert line["proto"] == "unknown" and line["reason"].startswith("proto-not-tcp")
    gateway.pause_until_quiet()
    assert len(gateway.flow.all(dst=z.TRUTH, dpt=5353)) == 1


QUIC_INITIAL = (bytes([0xc3]) + struct.pack("!I", 1) + bytes([8]) + b"\x83\x94\xc8\xf0\x3e\x51\x57"
                + b"\x08" + bytes([0, 0]) + struct.pack("!H", 0x4000 | 1182) + bytes(1182))


def test_quic_has_its_own_reason(lab, gateway):
    with udp_socket(lab) as sock:
        sock.sendto(QUIC_INITIAL, (z.TRUTH, 443))
    gateway.wait_for_flow(dst=z.TRUTH, dpt=443, reason="proto-quic", outcome="disallowed")


def icmp_echo():
    body = struct.pack("!BBHHH", 8, 0, 0, 77, 1) + b"tunnelled bytes"
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


@pytest.mark.parametrize("protocol, payload", [(1, icmp_echo()), (47, b"\0\0\x08\0" + bytes(20)),
                                               (132, bytes(24)), (253, b"anything at all")],
                         ids=["icmp-echo", "gre", "sctp", "unassigned"])
def test_other_protocols_are_dropped_and_logged_once(protocol, payload, lab, gateway):
    destination = "198.51.100.33"
    with tap(lab.net) as inlet, raw_sender(lab.c1) as out:
        for _ in range(3):
            out.sendto(ip_packet(z.CLIENTS["c1"], destination, payload, protocol),
                       (destination, 0))
        assert nothing_arrives(inlet, lambda p: p[9] == protocol)
    gateway.wait_for_flow(dst=destination, reason="proto-not-tcp", proto="unknown")


def test_ipv6_is_dropped_and_logged(lab, gateway):
    """Both ends and the routes exist: without the gateway's rules the packets would pass."""
    if not socket.has_ipv6:
        pytest.skip("this kernel has no IPv6")
    lab.c1.ip("addr", "add", "2001:db8:1::10/64", "dev", "eth0", "nodad")
    lab.gw.ip("addr", "add", "2001:db8:1::1/64", "dev", "lan0", "nodad")
    lab.gw.ip("addr", "add", "2001:db8:2::1/64", "dev", "wan0", "nodad")
    lab.net.ip("addr", "add", "2001:db8:2::10/64", "dev", "eth0", "nodad")
    lab.c1.ip("-6", "route", "add", "default", "via", "2001:db8:1::1")
    lab.net.ip("-6", "route", "add", "default", "via", "2001:db8:2::1")
    lab.gw.sysctl(net__ipv6__conf__all__forwarding=1)
    try:
        with tap(lab.net, 0x86dd) as inlet:
            with lab.c1.entered():
                sock = socket.socket(socket.AF_INET6)
            with sock:
                sock.settimeout(1)
                with pytest.raises(OSError):
                    sock.connect(("2001:db8:2::10", 443))
            target = socket.inet_pton(socket.AF_INET6, "2001:db8:2::10")
            source = socket.inet_pton(socket.AF_INET6, "2001:db8:1::10")
            assert nothing_arrives(inlet, lambda p: p[8:24] == source and p[24:40] == target)
        line = gateway.wait_for_flow(reason="proto-ipv6", outcome="disallowed")
        assert line["src"] == "2001:db8:1::10" and line["dst"] == "2001:db8:2::10"
    finally:
        lab.gw.sysctl(net__ipv6__conf__all__forwarding=0)
        for ns, name in ((lab.c1, "eth0"), (lab.gw, "lan0"), (lab.gw, "wan0"), (lab.net, "eth0")):
            ns.ip("-6", "addr", "flush", "dev", name, "scope", "global")
