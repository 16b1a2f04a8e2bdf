"""TLS tricks by an honest TCP stack: each crafted hello with the only verdict it may get.

A refused hello: not one byte reaches the server, the client gets an alert or a reset, the log names
the reason. An allowed one: the server reads exactly what was sent.
"""
import socket
import time

import pytest

from kit import hello as h, zone as z
from kit.gateway import default_config
from kit.talk import Talk, connect, listen_to, talk

NAME = b"truth.test"
MESSAGE = h.message(NAME)
IN_NAME = MESSAGE.index(NAME) + 3
BODY = h.body([h.sni(NAME), *h.USUAL])


def CONFIG():
    config = default_config()
    config.groups["sg-past"] = ["discriminat:see-thru:2022-01-01"]
    return config


def with_sni(extension):
    return h.record(h.handshake(h.body([extension, *h.USUAL])))


def named(name):
    return h.hello(name)


ALLOWED = {
    "plain": h.record(MESSAGE),
    "two-records-cut-in-the-name": h.record(MESSAGE[:IN_NAME]) + h.record(MESSAGE[IN_NAME:]),
    "record-cut-after-the-type": h.record(MESSAGE[:1]) + h.record(MESSAGE[1:]),
    "record-cut-in-the-length": h.record(MESSAGE[:3]) + h.record(MESSAGE[3:]),
    "one-byte-records": h.records(MESSAGE, 1),
    "record-version-changes": h.record(MESSAGE[:9], version=0x0301)
    + h.record(MESSAGE[9:], version=0x0303),
    "record-version-0304": h.record(MESSAGE, version=0x0304),
    "mixed-case-name": named(b"TrUtH.TeSt"),
    "final-dot": named(b"truth.test."),
    "grease": h.record(h.handshake(h.body(
        [h.extension(0x1a1a, b""), h.sni(NAME), *h.USUAL, h.extension(0xbaba, b"\0")],
        ciphers=(0x4a4a, 0x1301, 0xc02f)))),
    "grease-ech": h.record(h.handshake(h.body([h.sni(NAME), *h.USUAL, h.extension(
        0xfe0d, b"\0\0\1\0\1\x2a" + h.v16(bytes(32)) + h.v16(bytes(208)))]))),
    "post-quantum-share-first": h.record(h.handshake(h.body(
        [h.key_share(0x11ec, 1216), h.extension(10, h.v16(b"\x11\xec\0\x1d")),
         *[x for x in h.USUAL if x[:2] not in (b"\0\x33", b"\0\x0a")], h.sni(NAME)]))),
    "tls-1.2-only": h.record(h.handshake(h.body(
        [h.sni(NAME), *[x for x in h.USUAL if x[:2] not in (b"\0\x2b", b"\0\x33", b"\0\x2d")]]))),
}

REFUSED = {
    # records
    "empty-record-first": (h.record(b"") + h.record(MESSAGE), "tls-hello-malformed"),
    "empty-record-between": (h.record(MESSAGE[:9]) + h.record(b"") + h.record(MESSAGE[9:]),
                             "tls-hello-malformed"),
    "alert-first": (h.record(b"\1\0", 21) + h.record(MESSAGE), "tls-unexpected-record"),
    "alert-between": (h.record(MESSAGE[:9]) + h.record(b"\1\0", 21) + h.record(MESSAGE[9:]),
                      "tls-unexpected-record"),
    "ccs-first": (h.record(b"\1", 20) + h.record(MESSAGE), "tls-unexpected-record"),
    "ccs-between": (h.record(MESSAGE[:9]) + h.record(b"\1", 20) + h.record(MESSAGE[9:]),
                    "tls-unexpected-record"),
    "application-data-first": (h.record(b"hello", 23) + h.record(MESSAGE),
                               "tls-unexpected-record"),
    "heartbeat-first": (h.record(b"\1\0\1x" + bytes(16), 24) + h.record(MESSAGE),
                        ("tls-unexpected-record", "proto-unknown")),
    "record-version-0200": (h.record(MESSAGE, version=0x0200), "proto-unknown"),
    "record-version-0400": (h.record(MESSAGE, version=0x0400), "proto-unknown"),
    "oversized-record": (b"\x16\x03\x01" + b"\x48\x00" + MESSAGE + bytes(0x4800 - len(MESSAGE)),
                         "tls-hello-malformed"),
    # messages
    "server-hello-first": (h.server_hello() + h.record(MESSAGE), "tls-unexpected-message"),
    "hello-request-first": (h.record(b"\0\0\0\0") + h.record(MESSAGE), "tls-unexpected-message"),
    "two-hellos-in-one-record": (h.record(MESSAGE + h.message(h.OTHER)), "tls-hello-malformed"),
    "two-hellos-in-two-records": (h.record(MESSAGE) + h.record(h.message(h.OTHER)),
                                  ("tls-hello-malformed", "tls-unexpected-record",
                                   "tls-unexpected-message")),
    "sslv2": (h.sslv2(), "sslv2-hello"),
    # names
    "no-name": (h.record(h.handshake(h.body(h.USUAL))), "tls-no-sni"),
    "no-extensions": (h.record(h.handshake(BODY[:2 + 32 + 1 + 2 + 8 + 2])),
                      ("tls-no-sni", "tls-version-client-too-old")),
    "two-names": (with_sni(h.sni(NAME, h.OTHER)), "tls-sni-multiple"),
    "two-names-reversed": (with_sni(h.sni(h.OTHER, NAME)), "tls-sni-multiple"),
    "two-name-extensions": (h.record(h.handshake(h.body([h.sni(NAME), h.sni(h.OTHER),
                                                         *h.USUAL]))), "tls-duplicate-extension"),
    "same-name-extension-twice": (h.record(h.handshake(h.body([h.sni(NAME), *h.USUAL,
                                                               h.sni(NAME)]))),
                                  "tls-duplicate-extension"),
    "other-extension-twice": (h.hello(NAME, [h.extension(23, b"")]), "tls-duplicate-extension"),
    "other-name-type-first": (with_sni(h.extension(0, h.v16(
        h.name_entry(h.OTHER, 1) + h.name_entry(NAME)))), ("tls-sni-malformed",
                                                           "tls-sni-multiple")),
    "other-name-type-only": (with_sni(h.extension(0, h.v16(h.name_entry(NAME, 1)))),
                             "tls-sni-malformed"),
    "empty-name-list": (with_sni(h.extension(0, b"\0\0")), "tls-sni-malformed"),
    "empty-name-extension": (with_sni(h.extension(0, b"")), "tls-sni-malformed"),
    "empty-name": (named(b""), ("tls-no-sni", "tls-sni-malformed")),
    "leading-dot": (named(b".truth.test"), "tls-sni-malformed"),
    "empty-label": (named(b"truth..test"), "tls-sni-malformed"),
    "two-final-dots": (named(b"truth.test.."), "tls-sni-malformed"),
    "blank": (named(b" truth.test"), "tls-sni-malformed"),
    "asterisk": (named(b"*.wild.test"), "tls-sni-malformed"),
    "slash": (named(b"truth.test/x"), "tls-sni-malformed"),
    "port": (named(b"truth.test:443"), "tls-sni-malformed"),
    "nul-after-the-allowed-name": (named(b"truth.test\0.evil.test"), "tls-sni-malformed"),
    "nul-before-the-allowed-name": (named(b"evil.test\0truth.test"), "tls-sni-malformed"),
    "nul-at-the-end": (named(b"truth.test\0"), "tls-sni-malformed"),
    "line-break": (named(b"truth.test\r\n"), "tls-sni-malformed"),
    "ipv4-literal": (named(z.TRUTH.encode()), "tls-sni-ip-literal"),
    "ipv6-literal": (named(b"[::1]"), ("tls-sni-ip-literal", "tls-sni-malformed")),
    "full-width-letters": (named("\uff54ruth.test".encode()), "tls-sni-malformed"),
    "label-of-64": (named(b"a" * 64 + b".wild.test"), "tls-sni-malformed"),
    "name-of-300": (named(b"a." * 145 + b"wild.test"), "tls-sni-malformed"),
    "name-list-longer-than-extension": (with_sni(h.extension(0, b"\0\xc8" + h.name_entry(NAME))),
                                        ("tls-hello-malformed", "tls-sni-malformed")),
    "name-list-shorter-than-extension": (with_sni(h.extension(0, h.v16(
        h.name_entry(NAME)) + h.name_entry(h.OTHER))), ("tls-hello-malformed",
                                                        "tls-sni-malformed")),
    # grammar
    "bytes-after-the-extensions": (h.record(h.handshake(h.body([h.sni(NAME), *h.USUAL],
                                                               tail=b"JUNK"))),
                                   "tls-hello-malformed"),
    "second-name-beyond-the-extensions": (h.record(h.handshake(h.body(
        [h.sni(NAME), h.sni(h.OTHER)], extensions_size=len(h.sni(NAME))))),
        ("tls-hello-malformed", "tls-version-client-too-old")),
    "extension-block-too-long": (h.record(h.handshake(h.body([h.sni(NAME)],
                                                             extensions_size=4000))),
                                 "tls-hello-malformed"),
    "session-of-33": (h.hello(NAME, session=bytes(33)), "tls-hello-malformed"),
    "no-null-compression": (h.hello(NAME, compression=b"\1"), "tls-hello-malformed"),
    "no-ciphers": (h.hello(NAME, ciphers=()), "tls-hello-malformed"),
    # versions
    "version-1.1": (h.record(h.handshake(h.body([h.sni(NAME)], version=0x0302))),
                    "tls-version-client-too-old"),
    "version-ssl3": (h.record(h.handshake(h.body([h.sni(NAME)], version=0x0300))),
                     "tls-version-client-too-old"),
    "supported-versions-only-old": (h.record(h.handshake(h.body(
        [h.sni(NAME), h.versions(0x0302, 0x0301)]))), "tls-version-client-too-old"),
    # other protocols
    "http-connect-first": (b"CONNECT truth.test:443 HTTP/1.1\r\nHost: truth.test:443\r\n\r\n"
                           + h.record(MESSAGE), "http-connect"),
    "proxy-protocol-first": (b"PROXY TCP4 10.0.0.1 10.0.0.2 1 443\r\n" + h.record(MESSAGE),
                             ("proto-unknown", "proto-tunnel")),
    "socks5-first": (b"\5\1\0" + h.record(MESSAGE), ("proto-unknown", "proto-tunnel")),
    "line-break-first": (b"\r\n" + h.record(MESSAGE), ("proto-unknown", "http-malformed")),
    "postgresql-sslrequest": (b"\0\0\0\x08\x04\xd2\x16\x2f", ("starttls-postgresql",
                                                              "proto-unknown")),
    "garbage": (b"\xff\xfe\xfd\xfc" * 50, "proto-unknown"),
}


def of_these(line, reasons):
    return line["reason"].split(":")[0] in ((reasons,) if isinstance(reasons, str) else reasons)


@pytest.mark.parametrize("case", ALLOWED)
def test_is_allowed(case, lab, gateway, truth):
    data = ALLOWED[case]
    server = truth(reply=h.answers_once(
        len(data), h.first_flight(0x0303 if case == "tls-1.2-only" else 0x0304)))
    result = talk(lab, data, enough=400)
    assert len(result.received) >= 400, gateway.flow.all()
    assert server.received == data
    line = gateway.wait_for_flow(dst=z.TRUTH, cat="client", outcome="allowed")
    assert line["dhost"] == "truth.test"
    assert bool(line.get("ech")) == (case == "grease-ech")
    assert line["pqc"] == (case == "post-quantum-share-first")


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused(case, lab, gateway, truth):
    data, reasons = REFUSED[case]
    server = truth()
    result = talk(lab, data)
    assert result.end in ("reset", "fin"), "the client was not told"
    line = gateway.wait_for_flow(dst=z.TRUTH, cat="client", outcome="disallowed")
    assert of_these(line, reasons), line
    assert server.received == b""
    assert server.wait_ended(), "the server was not told"


@pytest.mark.parametrize("case", ["two-names", "nul-after-the-allowed-name", "no-name",
                                  "version-1.1"])
def test_a_refused_hello_is_answered_by_one_alert(case, lab, gateway, truth):
    truth()
    assert talk(lab, REFUSED[case][0]).denied_by_alert


def test_a_hello_that_never_ends_is_refused_in_time(lab, gateway, truth):
    server = truth()
    result = talk(lab, h.record(b"\1\0\xff\xff" + MESSAGE[4:]), timeout=20)
    assert result.end == "reset"
    gateway.wait_for_flow(dst=z.TRUTH, reason="tls-hello-timeout", outcome="disallowed")
    assert server.received == b""


def test_a_hello_that_trickles_meets_an_absolute_deadline(lab, gateway, truth):
    server = truth()
    data = h.record(MESSAGE)
    result = talk(lab, data[:30], size=1, pause=0.55, timeout=5)
    assert result.end in ("reset", "fin")
    gateway.wait_for_flow(dst=z.TRUTH, reason="tls-hello-timeout", outcome="disallowed")
    assert server.received == b""


def test_a_hello_in_two_halves_a_second_apart_is_allowed(lab, gateway, truth):
    data = h.record(MESSAGE)
    server = truth(reply=h.answers_once(len(data), h.first_flight))
    sock = connect(lab)
    with sock:
        sock.sendall(data[:IN_NAME])
        time.sleep(1)
        assert server.received == b"", "a byte left before the verdict"
        sock.sendall(data[IN_NAME:])
        assert len(listen_to(sock, Talk(), 5, enough=400).received) >= 400
    assert server.received == data


# -- the server's side -----------------------------------------------------------------------------

ONLY_1_3 = h.record(h.handshake(h.body([
    h.sni(NAME), *[x for x in h.USUAL if x[:2] != b"\0\x2b"], h.versions(0x0304)])))

SERVERS = {
    "too-old-1.1": (h.server_hello(0x0302) + bytes(100), h.hello(),
                    "tls-version-server-too-old"),
    "too-old-ssl3": (h.server_hello(0x0300), h.hello(), "tls-version-server-too-old"),
    "not-offered": (h.server_hello(0x0303), ONLY_1_3, "tls-version-anomaly"),
    "http": (b"HTTP/1.1 400 Bad Request\r\n\r\n", h.hello(), "tls-server-mismatch"),
    "ssh": (b"SSH-2.0-OpenSSH_9.2\r\n", h.hello(), "tls-server-mismatch"),
    "garbage": (b"\xff" * 60, h.hello(), "tls-server-mismatch"),
}


@pytest.mark.parametrize("case", SERVERS)
def test_a_bad_server_answer_never_reaches_the_client(case, lab, gateway, truth):
    answer, data, reason = SERVERS[case]
    server = truth(reply=h.answers_once(len(data), answer))
    result = talk(lab, data)
    assert result.end in ("reset", "fin")
    assert answer[:20] not in result.received
    line = gateway.wait_for_flow(cat="server", src=z.TRUTH, outcome="disallowed")
    assert of_these(line, reason), line
    assert server.received == data


def test_an_alert_of_the_server_is_passed_on(lab, gateway, truth):
    data = h.hello()
    truth(reply=h.answers_once(len(data), h.record(bytes([2, 40]), 21, 0x0303)))
    result = talk(lab, data, timeout=2, enough=7)
    assert result.received[-2:] == bytes([2, 40])
    gateway.wait_for_flow(cat="server", src=z.TRUTH, reason="tls-alert")


@pytest.mark.parametrize("first", [b"220 mail.test ESMTP\r\n", b"SSH-2.0-x\r\n", b"* OK IMAP\r\n"],
                         ids=["smtp", "ssh", "imap"])
def test_a_server_that_speaks_first_is_refused(first, lab, gateway, truth):
    server = truth()
    server.first = first
    result = talk(lab, b"")
    assert result.received == b"" and result.end in ("reset", "fin")
    line = gateway.wait_for_flow(outcome="disallowed")
    assert of_these(line, ("proto-server-first", "starttls-smtp", "starttls-imap")), line


def test_a_silent_server_keeps_the_client_waiting_but_not_allowed(lab, gateway, truth):
    data = h.hello()
    server = truth()
    sock = connect(lab)
    with sock:
        sock.sendall(data)
        assert server.wait_received(len(data))
        sock.sendall(h.record(b"early", 23, 0x0303))
        time.sleep(0.5)
        assert not gateway.flow.all(cat="server", outcome="allowed")


def retry_then(second, lab, truth):
    """A server that wants another hello, and a client that says `second` then."""
    first = h.hello(NAME)

    def reply(connection, received):
        if not connection.sent:
            return h.retry_request() if len(received) >= len(first) else None
        done = len(received) >= len(first) + len(second) and len(connection.sent) < 200
        return h.first_flight() if done else None

    server = truth(reply=reply)
    sock = connect(lab)
    with sock:
        sock.sendall(first)
        result = listen_to(sock, Talk(), 5, enough=40)
        assert h.HRR_RANDOM in result.received
        sock.sendall(second)
        result = listen_to(sock, Talk(), 5, enough=400)
    return first, server, result


CCS = h.record(b"\1", 20, 0x0303)
SHARE = [x for x in h.USUAL if x[:2] != b"\0\x33"]


def second_hello(name):
    return h.record(h.handshake(h.body([h.sni(name), *SHARE, h.key_share(24, 97)])), 22, 0x0303)


@pytest.mark.parametrize("before", [b"", CCS], ids=["bare", "after-ccs"])
def test_after_a_retry_the_same_name_is_allowed(before, lab, gateway, truth):
    second = before + second_hello(NAME)
    first, server, result = retry_then(second, lab, truth)
    assert len(result.received) >= 400
    assert server.received == first + second


@pytest.mark.parametrize("before", [b"", CCS], ids=["bare", "after-ccs"])
@pytest.mark.parametrize("name", [h.OTHER, b"allowed.test"], ids=["unlisted", "also-allowed"])
def test_after_a_retry_another_name_is_refused(name, before, lab, gateway, truth):
    first, server, result = retry_then(before + second_hello(name), lab, truth)
    assert result.end in ("reset", "fin")
    assert name not in server.received
    assert server.received in (first, first + before)
    line = gateway.wait_for_flow(outcome="disallowed")
    assert of_these(line, "tls-hrr-sni-changed"), line


def test_after_a_retry_no_name_is_refused(lab, gateway, truth):
    second = h.record(h.handshake(h.body([*SHARE, h.key_share(24, 97)])), 22, 0x0303)
    first, server, _ = retry_then(second, lab, truth)
    assert server.received == first
    line = gateway.wait_for_flow(outcome="disallowed")
    assert of_these(line, ("tls-hrr-sni-changed", "tls-no-sni")), line


def test_the_first_flight_may_come_in_single_bytes(lab, gateway, truth):
    data = h.hello()
    answer = h.first_flight()
    server = truth()
    sock = connect(lab)
    with sock:
        sock.sendall(data)
        assert server.wait_received(len(data))
        peer = server.connections[0].sock
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(130):
            peer.sendall(answer[i:i + 1])
        peer.sendall(answer[130:])
        result = listen_to(sock, Talk(), 5, enough=len(answer))
        assert result.received == answer
