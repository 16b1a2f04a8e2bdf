"""Plaintext HTTP: read and logged, refused with a page that says why; see-thru and CRL fetches."""
import pytest

from kit import zone as z
from kit.gateway import default_config
from kit.talk import talk


def CONFIG():
    config = default_config()
    config.groups["sg-see"] = ["discriminat:see-thru:2999-12-31",
                               "discriminat:tls:truth.test"]
    config.clients[z.CLIENTS["c2"]] = ["sg-see"]
    return config


def test_a_plain_request_gets_a_403_that_names_the_reason(lab, gateway):
    outcome = lab.curl("http://plain.test/secret?x=1", "-i", "-A", "tester/1.0")
    assert "403" in outcome.text and "http-not-allowed" in outcome.text, outcome
    line = gateway.wait_for_flow(dhost="plain.test", outcome="disallowed", proto="http")
    assert line["reason"].startswith("http-not-allowed: ")
    assert line["http_method"] == "GET" and line["http_path"] == "/secret?x=1"
    assert line["http_user_agent"] == "tester/1.0" and line["proto_v"] == "1.1"
    assert line["dpt"] == 80


def test_text_from_the_client_cannot_break_the_log(lab, gateway, truth):
    truth(z.TRUTH, 80)
    request = (b'GET /"\\\x1b[31m HTTP/1.1\r\nHost: plain.test\r\n'
               b'User-Agent: a"b\\c\xff\xe2\x80\xa8\x1b]0;x\x07\r\n\r\n')
    talk(lab, request, z.TRUTH, 80)
    line = gateway.wait_for_flow(dst=z.TRUTH, dpt=80, outcome="disallowed")
    assert "\x1b" not in line["_line"] and "\u2028" not in line["_line"]


BAD = [
    ("absolute-target-disagrees", b"GET http://plain.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n",
     "http-host-mismatch"),
    ("two-hosts", b"GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n", "http-malformed"),
    ("no-host", b"GET / HTTP/1.1\r\n\r\n", "http-malformed"),
    ("host-is-an-address", b"GET / HTTP/1.1\r\nHost: 198.51.100.30\r\n\r\n", "http-host-ip"),
    ("connect", b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n", "http-connect"),
    ("cleartext-http2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2-cleartext"),
    ("folded-field", b"GET / HTTP/1.1\r\nHost: a.test\r\nX: a\r\n b\r\n\r\n", "http-malformed"),
    ("nul", b"GET / HTTP/1.1\r\nHost: a.test\r\nX: a\0b\r\n\r\n", "http-malformed"),
]


@pytest.mark.parametrize("request_bytes, reason", [row[1:] for row in BAD],
                         ids=[row[0] for row in BAD])
def test_a_bad_request_never_leaves(request_bytes, reason, lab, gateway, truth):
    server = truth(z.TRUTH, 80)
    talk(lab, request_bytes, z.TRUTH, 80)
    gateway.wait_for_flow(dst=z.TRUTH, dpt=80, reason=reason)
    assert server.received == b""


@pytest.mark.parametrize("name", ["absolute-target-disagrees", "two-hosts", "nul"])
def test_see_thru_does_not_weaken_the_integrity_of_a_request(name, lab, gateway, truth):
    server = truth(z.TRUTH, 80)
    request = next(row[1] for row in BAD if row[0] == name)
    talk(lab, request, z.TRUTH, 80, client="c2")
    gateway.wait_for_flow(dst=z.TRUTH, dpt=80, outcome="disallowed", src="10.0.1.11")
    assert server.received == b""


def test_see_thru_lets_plain_http_pass_and_logs_it(lab, gateway):
    outcome = lab.curl("http://plain.test/page", client="c2")
    assert "plain HTTP at" in outcome.text, outcome
    line = gateway.wait_for_flow(dhost="plain.test", cat="client", outcome="allowed")
    assert line["see_thru_exerted"] is True and line["http_path"] == "/page"
    assert line["reason"].startswith("http-not-allowed")


def test_a_second_request_on_a_refused_connection_does_not_leave(lab, gateway, truth):
    server = truth(z.TRUTH, 80)
    one = b"GET /%d HTTP/1.1\r\nHost: truth.test\r\n\r\n"
    talk(lab, one % 1 + one % 2, z.TRUTH, 80)
    gateway.wait_for_flow(dst=z.TRUTH, dpt=80, outcome="disallowed")
    assert server.received == b""
