"""TCP and IP tricks: what the server read must be what was judged, or the connection is dead.

Two hellos of the same length, one of an allowed name and one of a name that is not, at the same
address. The truth server is silent (unless said otherwise), so a connection stays under judgement
while the trick is played. No test passes by timing: whatever wins, the forbidden name must not
appear in what the server received.
"""
import socket
import time

import pytest

from kit import hello, zone as z
from kit.gateway import default_config
from kit.rawtcp import (ACK, FIN, MD5_OPTION, PSH, RST, SYN, URG, RawConnection, ip_fragments,
                        ip_packet, tcp_segment, timestamp_option)

GOOD = hello.hello(b"truth.test")
BAD = GOOD.replace(b"truth.test", b"wrong.test")
CUT = GOOD.index(b"truth.test") + 3
FAST_OPEN_EVERYTHING = 0x602  # a server that takes SYN payload from anybody, without cookie


def CONFIG():
    return default_config()


@pytest.fixture
def server(truth):
    return truth()


def settle(c, server, seconds=0.25):
    c.drain(seconds)
    c.close()
    return server.received


def answered(c, gateway, server):
    """The server's answer came; fails with everything that is known otherwise."""
    if c.wait_payload() is None:
        seen = [(s.flags, s.ack - c.isn - 1 & 0xffffffff, len(s.payload)) for s in c.segments]
        lines = "\n".join(r["_line"] for r in gateway.pause_until_quiet())
        raise AssertionError(f"no answer; established {c.established}, the client saw {seen}, the "
                             f"server {len(server.received)} bytes\n{lines}\n"
                             f"{gateway.state_text()}")


def refused(gateway, c, server, reasons, exact=b""):
    """The forbidden bytes did not arrive; the end was told and logged with one of the reasons."""
    assert c.wait_reset(), "the client was not told"
    received = settle(c, server)
    assert b"wrong.test" not in received
    assert received in (b"", exact)
    line = gateway.wait_for_flow(outcome="disallowed", client_port=c.sport)
    assert line["reason"].split(":")[0] in reasons, line


def test_the_trick_tests_have_teeth(lab, gateway, truth):
    """Plainly sent, the good hello arrives exactly and the bad one does not."""
    server = truth(reply=hello.answers_once(len(GOOD), hello.first_flight))
    c = RawConnection(lab, z.TRUTH)
    c.send(0, GOOD)
    answered(c, gateway, server)
    assert server.received == GOOD
    c.close()
    c = RawConnection(lab, z.TRUTH)
    c.send(0, BAD)
    assert c.wait_reset()
    gateway.wait_for_flow(spt=c.sport, reason="not-allowlisted")
    assert settle(c, server) == GOOD


# -- segmentation that honest stacks make ----------------------------------------------------------

@pytest.mark.parametrize("size", [1, 7, 100])
def test_small_segments_are_judged_as_a_whole(size, lab, gateway, truth):
    server = truth(reply=hello.answers_once(len(GOOD), hello.first_flight))
    c = RawConnection(lab, z.TRUTH)
    c.send_stream(GOOD, size)
    answered(c, gateway, server)
    assert settle(c, server) == GOOD
    gateway.wait_for_flow(spt=c.sport, outcome="allowed", dhost="truth.test")


@pytest.mark.parametrize("size", [40, 100])
def test_segments_in_reverse_order_are_judged_as_a_whole(size, lab, gateway, truth):
    server = truth(reply=hello.answers_once(len(GOOD), hello.first_flight))
    c = RawConnection(lab, z.TRUTH)
    for at in reversed(range(0, len(GOOD), size)):
        c.send(at, GOOD[at:at + size])
    answered(c, gateway, server)
    assert settle(c, server) == GOOD


@pytest.mark.parametrize("data, received", [(GOOD, GOOD), (BAD, b"")], ids=["good", "bad"])
def test_payload_on_the_last_handshake_packet(data, received, lab, gateway, server):
    c = RawConnection(lab, z.TRUTH, handshake=False)
    c.packet(c.isn, 0, SYN)
    reply = c.wait(lambda s: s.flags & SYN, 3)
    c.rseq = reply.seq + 1
    c.send(0, data)
    assert (server.wait_received(len(data)) if received else c.wait_reset())
    assert settle(c, server) == received


def test_an_exact_retransmission_is_no_second_flow(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    for _ in range(3):
        c.send(0, GOOD)
    c.send(0, GOOD[:50])
    c.send(20, GOOD[20:90])
    assert server.wait_received(len(GOOD))
    assert settle(c, server) == GOOD
    gateway.pause_until_quiet()
    assert len(gateway.flow.all(spt=c.sport, cat="client")) == 1


def test_equal_overlaps_are_harmless(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.send(60, GOOD[60:])
    c.send(30, GOOD[30:100])
    c.send(0, GOOD[:70])
    assert server.wait_received(len(GOOD))
    assert settle(c, server) == GOOD


def test_a_keep_alive_probe_before_the_hello_is_harmless(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.send(-1, b"\0", flags=ACK)
    c.send(0, GOOD)
    assert server.wait_received(len(GOOD))
    assert settle(c, server) == GOOD


def test_the_end_together_with_the_hello(lab, gateway, truth):
    server = truth(reply=hello.answers_once(len(GOOD), hello.first_flight))
    c = RawConnection(lab, z.TRUTH)
    c.send(0, GOOD, flags=FIN | PSH | ACK)
    answered(c, gateway, server)
    assert settle(c, server) == GOOD


# -- the same sequence number, other bytes ---------------------------------------------------------

def test_a_retransmission_with_other_bytes(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.send(0, GOOD)
    c.send(0, BAD)
    refused(gateway, c, server, ["tcp-retransmit-conflict", "tcp-overlap-conflict"], GOOD)


@pytest.mark.parametrize("first, then", [(GOOD, BAD), (BAD, GOOD)], ids=["good-bad", "bad-good"])
def test_a_queued_tail_then_the_whole_with_another_tail(first, then, lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.send(CUT, first[CUT:])
    c.send(0, then)
    refused(gateway, c, server, ["tcp-overlap-conflict"])


@pytest.mark.parametrize("first, then", [(GOOD, BAD), (BAD, GOOD)], ids=["good-bad", "bad-good"])
def test_two_versions_of_a_queued_tail(first, then, lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.send(CUT, first[CUT:])
    c.send(CUT, then[CUT:])
    c.send(0, GOOD[:CUT])
    refused(gateway, c, server, ["tcp-overlap-conflict"])


def test_partial_overlaps_with_other_bytes(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.send(CUT - 2, GOOD[CUT - 2:CUT + 3])
    c.send(CUT - 4, BAD[CUT - 4:CUT + 9])
    c.send(0, GOOD[:CUT])
    c.send(CUT, GOOD[CUT:])
    refused(gateway, c, server, ["tcp-overlap-conflict"])


def test_a_segment_that_starts_below_the_stream(lab, gateway, server):
    """Fake bytes below the first byte of the stream: they are nobody's; the rest is judged."""
    c = RawConnection(lab, z.TRUTH)
    c.send(-8, b"\x16\x03\x01\x00\x50fak" + BAD)
    c.send(0, GOOD)
    received = settle(c, server)
    assert b"wrong.test" not in received and received in (b"", GOOD)


# -- decoys: the gateway sees them, the server never does ------------------------------------------

def low_ttl(c, data):
    c.send(0, data, ttl=4)


def bad_checksum(c, data):
    c.send(0, data, bad_checksum=True)


def md5_option(c, data):
    c.send(0, data, options=MD5_OPTION)


def stale_ack(c, data):
    c.send(0, data, ack=c.rseq - 200_000)


def future_ack(c, data):
    c.send(0, data, ack=c.rseq + 100_000)


def old_timestamp(c, data):
    c.send(0, data, options=timestamp_option(1, c.echo))


def out_of_window(c, data):
    c.send(10_000_000, data)


def below_window(c, data):
    c.send(-70_000, data)


def without_ack_flag(c, data):
    c.send(0, data, flags=PSH, ack=0)


def without_flags(c, data):
    c.send(0, data, flags=0, ack=0)


DECOYS = [low_ttl, bad_checksum, md5_option, stale_ack, future_ack, old_timestamp, out_of_window,
          below_window, without_ack_flag, without_flags]
SEEN = ["tcp-retransmit-conflict", "tcp-overlap-conflict"]
JUDGED = ["not-allowlisted", "tcp-option-forbidden", "state-lost"]


@pytest.mark.parametrize("decoy", DECOYS)
def test_a_good_decoy_does_not_open_the_way_for_the_bad_hello(decoy, lab, gateway, server):
    c = RawConnection(lab, z.TRUTH, timestamps=decoy is old_timestamp)
    decoy(c, GOOD)
    time.sleep(0.15)
    c.send(0, BAD)
    refused(gateway, c, server, SEEN + JUDGED, GOOD)


@pytest.mark.parametrize("decoy", [bad_checksum, md5_option, out_of_window, below_window,
                                   without_ack_flag, without_flags])
def test_a_decoy_that_nobody_accepts_does_not_cost_the_good_hello(decoy, lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    decoy(c, BAD)
    time.sleep(0.15)
    c.send(0, GOOD)
    assert server.wait_received(len(GOOD))
    assert settle(c, server) == GOOD


# -- resets, ends and openings that only the gateway sees ------------------------------------------

@pytest.mark.parametrize("trick", [{"bad_checksum": True}, {"ttl": 4}, {"offset": 100, "ttl": 4}],
                         ids=["bad-checksum", "low-ttl", "in-window"])
def test_a_reset_decoy_does_not_open_the_way(trick, lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.reset(**trick)
    time.sleep(0.15)
    c.send(0, BAD)
    c.wait_reset(2)
    assert settle(c, server) == b""
    assert not gateway.flow.all(spt=c.sport, outcome="allowed")


def test_an_end_decoy_does_not_open_the_way(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.send(0, b"", flags=FIN | ACK, ttl=4)
    time.sleep(0.15)
    c.send(0, BAD)
    c.wait_reset(2)
    assert settle(c, server) == b""


def test_data_after_a_forgotten_reset_is_not_picked_up(lab, gateway, server):
    """Conntrack forgets a reset connection after a while; both ends live on."""
    lab.gw.sysctl(net__netfilter__nf_conntrack_tcp_timeout_close=1)
    try:
        c = RawConnection(lab, z.TRUTH)
        c.reset(ttl=4)
        time.sleep(2.5)
        c.send(0, GOOD)
        assert c.wait_reset()
        c.send(0, BAD)
        assert settle(c, server) == b""
        line = gateway.wait_for_flow(spt=c.sport, outcome="disallowed")
        assert line["reason"].split(":")[0] == "state-lost"
    finally:
        lab.gw.sysctl(net__netfilter__nf_conntrack_tcp_timeout_close=10)


def test_a_second_opening_does_not_restart_the_judgement(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.packet(c.isn + 12_345, 0, SYN, ttl=4)
    time.sleep(0.15)
    c.send(12_345, GOOD)
    c.send(0, BAD)
    c.drain(1)
    assert b"wrong.test" not in settle(c, server)
    assert not gateway.flow.all(spt=c.sport, outcome="allowed")


def test_a_new_opening_on_an_allowed_connection_does_not_inherit_its_verdict(lab, gateway, truth):
    server = truth(reply=hello.answers_once(len(GOOD), hello.first_flight))
    c = RawConnection(lab, z.TRUTH)
    c.send(0, GOOD)
    answered(c, gateway, server)
    gateway.wait_for_flow(client_port=c.sport, cat="server", outcome="allowed")
    server.connections[0].sock.close()  # both ends forget the first connection
    c.drain(0.2)
    c.reset(len(GOOD))
    c.segments.clear()
    c.isn += 1_000_000
    c.connect()
    if c.established:
        c.send(0, BAD)
        c.drain(0.5)
    assert settle(c, server) == GOOD


# -- payload where none belongs --------------------------------------------------------------------

@pytest.fixture
def eager_server(lab, truth):
    """A server whose kernel takes payload on a SYN from anybody."""
    lab.net.sysctl(net__ipv4__tcp_fastopen=FAST_OPEN_EVERYTHING)
    made = truth(z.TRUTH_OTHER)
    made.listener.setsockopt(socket.IPPROTO_TCP, 23, 64)  # TCP_FASTOPEN
    yield made
    lab.net.sysctl(net__ipv4__tcp_fastopen=1)


@pytest.mark.parametrize("options", [b"", bytes([34, 2, 1, 1]), bytes([34, 10]) + b"cookie!!"],
                         ids=["no-option", "asks-for-cookie", "with-cookie"])
@pytest.mark.parametrize("data", [GOOD, BAD], ids=["good", "bad"])
def test_payload_on_a_syn_never_arrives(options, data, lab, gateway, eager_server):
    c = RawConnection(lab, z.TRUTH_OTHER, options=options, syn_data=data)
    c.drain(0.25)
    assert eager_server.received == b""
    gateway.wait_for_flow(spt=c.sport, reason="tcp-syn-data", outcome="disallowed")
    c.close()


def test_fast_open_is_not_negotiated(lab, gateway, eager_server):
    c = RawConnection(lab, z.TRUTH_OTHER, options=bytes([34, 2, 1, 1]))
    if c.established:
        assert bytes([34]) not in [c.syn_ack.options[i:i + 1] for i in option_starts(
            c.syn_ack.options)]
    c.close()


def option_starts(options):
    at = 0
    while at < len(options) and options[at] != 0:
        yield at
        at += 1 if options[at] == 1 else max(options[at + 1], 2)


@pytest.mark.parametrize("flags", [PSH | ACK | URG, ACK | URG])
def test_urgent_data_in_the_hello(flags, lab, gateway, server):
    """The server's stream lacks the urgent byte, so gateway and server would read two names."""
    c = RawConnection(lab, z.TRUTH)
    c.send(0, GOOD[:CUT] + b"X" + GOOD[CUT:], flags=flags, urgent=CUT + 1)
    refused(gateway, c, server, ["tcp-urgent"])


# -- IP --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("reverse", [False, True], ids=["in-order", "reversed"])
@pytest.mark.parametrize("data, received", [(GOOD, GOOD), (BAD, b"")], ids=["good", "bad"])
def test_fragments_are_judged_as_a_whole(data, received, reverse, lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.send(0, data, fragment=24, reverse=reverse)
    assert (server.wait_received(len(data)) if received else c.wait_reset())
    assert settle(c, server) == received


def test_overlapping_fragments_never_arrive(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    segment = tcp_segment(c.src, c.dst, c.sport, 443, c.isn + 1, c.rseq, PSH | ACK, GOOD)
    whole = ip_packet(c.src, c.dst, segment)
    pieces = ip_fragments(whole, 64)
    head = pieces[1][:20]
    other = head + bytes(len(pieces[1]) - 20)
    for piece in [pieces[0], other, pieces[1], *pieces[2:]]:
        c.out.sendto(piece, (c.dst, 0))
    assert settle(c, server) in (b"",)


@pytest.mark.parametrize("option", [
    bytes([7, 7, 4, 0, 0, 0, 0]), bytes([0x1e, 4, 0, 0]), bytes([0x44, 12, 5, 0]) + bytes(8)],
    ids=["record-route", "unknown", "timestamp"])
def test_ip_options_are_refused(option, lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    c.send(0, GOOD, ip_options=option)
    refused(gateway, c, server, ["ip-option"])


def test_source_routes_are_not_followed(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH)
    route = bytes([0x83, 7, 4]) + socket.inet_aton(z.TRUTH_OTHER)
    try:
        c.send(0, GOOD, ip_options=route)
    except OSError:
        pass  # the sending kernel refuses too
    assert settle(c, server) == b""


# -- the handshake ---------------------------------------------------------------------------------

def test_data_without_a_handshake_is_not_picked_up(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH, handshake=False)
    c.send(0, GOOD, ack=1)
    assert c.wait_reset()
    gateway.wait_for_flow(spt=c.sport, outcome="disallowed", reason="state-lost")
    assert settle(c, server) == b""


def test_a_signed_handshake_is_named_in_the_log(lab, gateway, server):
    c = RawConnection(lab, z.TRUTH, handshake=False)
    c.send(0, b"", flags=SYN, options=MD5_OPTION)
    gateway.wait_for_flow(spt=c.sport, outcome="disallowed", reason="tcp-option-forbidden")
    assert settle(c, server) == b""


@pytest.mark.parametrize("flags", [SYN | FIN, SYN | RST, SYN | URG | PSH, 0, FIN | PSH | URG],
                         ids=["syn-fin", "syn-rst", "syn-urg-psh", "null", "xmas"])
def test_odd_openings_reach_nobody(flags, lab, gateway, server):
    with lab.net.entered():
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    with tap:
        c = RawConnection(lab, z.TRUTH, handshake=False)
        c.packet(c.isn, 0, flags)
        mark = RawConnection(lab, z.TRUTH_OTHER, handshake=False)
        mark.packet(mark.isn, 0, SYN)
        tap.settimeout(3)
        while (packet := tap.recv(2048))[16:20] != socket.inet_aton(z.TRUTH_OTHER):
            assert packet[16:20] != socket.inet_aton(z.TRUTH)
    c.close()
    mark.close()


def test_the_same_port_again_is_judged_again(lab, gateway, truth):
    """Source port reuse: the mark of the closed connection must not carry over."""
    server = truth(reply=hello.answers_once(len(GOOD), hello.first_flight))
    with lab.c1.entered():
        first, second = socket.socket(), socket.socket()
    for sock in (first, second):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.settimeout(5)
    with first:
        first.bind(("", 60_500))
        first.connect((z.TRUTH, 443))
        first.sendall(GOOD)
        assert first.recv(100)
    server.connections[0].sock.close()
    with second:
        second.bind(("", 60_500))
        try:
            second.connect((z.TRUTH, 443))
            second.sendall(BAD)
            second.recv(100)
        except OSError:
            pass
    assert server.received == GOOD
