"""Revocation lists: fetched by the clients that may reach the host, one request at a time."""
import socket

import pytest

from kit import zone as z
from kit.gateway import Config
from kit.netns import wait_until
from kit.talk import Talk, connect, listen_to, talk

LIST = "http://crl.test/crl/authority.crl"
CRL_ADDRESS = "198.51.100.21"
REQUEST = b"GET /list.crl HTTP/1.1\r\nHost: truth.test\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlist"


def crl_config(lab):
    """c1 may reach a host by its name; c2 may reach the same server by a pattern only."""
    return Config(
        groups={"sg-web": ["discriminat:tls:allowed.test"],
                "sg-wild": ["discriminat:tls:*.wild.test"]},
        clients={z.CLIENTS["c1"]: ["sg-web"], z.CLIENTS["c2"]: ["sg-wild"]},
        preferences={"x509_crls": "allow"},
        gateway={"x509_ca_file": str(lab.certificates.ca)})


def wait_for_lists(gateway):
    """The lists are in force, and their hosts looked up."""
    line = gateway.config_log.wait(15, cat="addr", outcome="accepted", proto="http",
                                   addr="truth.test")
    assert line, gateway.state_text()
    return line


@pytest.fixture(scope="module")
def module_gateway(lab, product):
    made = lab.gateway(crl_config(lab))
    wait_for_lists(made)
    yield made
    status = made.stop()
    made.flush()
    assert status == 0, made.output_text()


def answer(connection, received):
    return ANSWER if received.endswith(b"\r\n\r\n") else None


def test_the_config_log_names_each_list_once(gateway):
    lines = [r for r in gateway.config_log.read() if r.get("proto") == "http"]
    assert [(r["cat"], r["outcome"], r["gid"], r["addr"], r["http_path"]) for r in lines] == [
        ("addr", "accepted", "sg-web", "crl.test", "/crl/authority.crl"),
        ("addr", "accepted", "sg-web", "crl.test", "/crl/large.crl?n=1"),
        ("addr", "accepted", "sg-web", "truth.test", "/list.crl"),
    ]


def test_a_client_that_may_reach_the_host_may_fetch_its_list(lab, gateway):
    outcome = lab.curl(LIST, "-A", "tester/1.0", "-o", lab.folder / "fetched.crl", "-w",
                       "%{http_code}")
    assert outcome.text.startswith("200"), outcome
    assert (lab.folder / "fetched.crl").read_bytes() == lab.certificates.crl.read_bytes()
    line = gateway.wait_for_flow(dhost="crl.test", cat="client", outcome="allowed")
    assert line["reason"] == "x509-crl:sg-web: allowed.test"
    assert line["proto"] == "http" and line["dpt"] == 80 and line["evidence"].startswith("dns")
    assert line["http_method"] == "GET" and line["http_path"] == "/crl/authority.crl"
    assert line["http_user_agent"] == "tester/1.0"
    line = gateway.wait_for_flow(dhost="crl.test", cat="server", outcome="allowed")
    assert line["http_code"] == 200 and line["reason"] == "x509-crl:sg-web: allowed.test"
    assert len(gateway.pause_until_quiet()) == 2


def test_openssl_checks_a_certificate_against_the_list_it_downloads(lab, gateway):
    outcome = lab.openssl("198.51.100.10:443", "-servername", "allowed.test", "-crl_check",
                          "-crl_download")
    assert "Verify return code: 0 (ok)" in outcome.text, outcome
    gateway.wait_for_flow(dhost="crl.test", cat="server", outcome="allowed")


def test_only_the_head_is_fetched_by_head(lab, gateway):
    outcome = lab.curl(LIST, "-I")
    assert "200 OK" in outcome.text, outcome
    line = gateway.wait_for_flow(dhost="crl.test", cat="client", outcome="allowed")
    assert line["http_method"] == "HEAD"


def test_a_large_list_arrives_whole(lab, gateway):
    path = lab.folder / "large.crl"
    outcome = lab.curl("http://crl.test/crl/large.crl?n=1", "-o", path)
    assert outcome.status == 0, outcome
    assert path.read_bytes() == bytes(range(256)) * (z.LARGE_CRL_BYTES // 256)


def test_another_client_is_refused(lab, gateway):
    outcome = lab.curl(LIST, "-i", client="c2")
    assert "403" in outcome.text and "http-not-allowed" in outcome.text, outcome
    gateway.wait_for_flow(dhost="crl.test", src=z.CLIENTS["c2"], outcome="disallowed")


REFUSED = [
    ("another-path", ["http://crl.test/crl/other.crl"], "http-path"),
    ("another-query", [LIST + "?n=1"], "http-path"),
    ("dots", ["--path-as-is", "http://crl.test/crl/../crl/authority.crl"], "http-path"),
    ("escapes", ["http://crl.test/crl/%61uthority.crl"], "http-path"),
    ("another-case", ["http://crl.test/crl/Authority.crl"], "http-path"),
    ("post", ["-d", "secret", LIST], "http-method"),
    ("options", ["-X", "OPTIONS", LIST], "http-method"),
    ("body", ["-X", "GET", "-d", "secret", LIST], "http-body"),
    ("chunked", ["-X", "GET", "-H", "Transfer-Encoding: chunked", "-d", "secret", LIST],
     "http-body"),
    ("upgrade", ["--http2", LIST], "http-upgrade"),
    ("another-host", ["-H", "Host: plain.test", LIST], "http-not-allowed"),
    ("another-port-in-host", ["-H", "Host: crl.test:8080", LIST], "http-not-allowed"),
    ("absolute-target", ["--request-target", LIST, LIST], "http-path"),
    ("https-only-list", ["http://crl.test/crl/tls.crl"], "http-path"),
]


@pytest.mark.parametrize("words, reason", [row[1:] for row in REFUSED],
                         ids=[row[0] for row in REFUSED])
def test_nothing_but_the_list_is_fetched(words, reason, lab, gateway):
    outcome = lab.curl(words[-1], "-i", *words[:-1])
    assert "403" in outcome.text and reason in outcome.text, outcome
    gateway.wait_for_flow(dst=CRL_ADDRESS, dpt=80, outcome="disallowed", reason=reason)


def test_a_list_at_a_wrong_address_is_refused(lab, gateway, truth):
    server = truth(z.TRUTH_OTHER, 80)
    lab.curl(LIST, "--resolve", f"crl.test:80:{z.TRUTH_OTHER}")
    gateway.wait_for_flow(dhost="crl.test", dst=z.TRUTH_OTHER, reason="dns-mismatch")
    assert server.received == b""


@pytest.mark.parametrize("more", [b"x", REQUEST, b"POST / HTTP/1.1\r\nHost: evil.test\r\n\r\n"],
                         ids=["a-byte", "the-same-request", "another-request"])
def test_a_pipelined_request_never_leaves(more, lab, gateway, truth):
    server = truth(z.TRUTH, 80, answer)
    outcome = talk(lab, REQUEST + more, z.TRUTH, 80)
    assert b"403" in outcome.received and b"http-second-request" in outcome.received
    gateway.wait_for_flow(dhost="truth.test", cat="client", reason="http-second-request")
    assert server.received == b""


@pytest.mark.parametrize("more", [b"x", REQUEST, b"tunnelled bytes" * 1000],
                         ids=["a-byte", "the-same-request", "a-tunnel"])
def test_a_second_request_after_the_answer_never_leaves(more, lab, gateway, truth):
    server = truth(z.TRUTH, 80, answer)
    with connect(lab, z.TRUTH, 80) as sock:
        sock.sendall(REQUEST)
        assert listen_to(sock, Talk(), 5, enough=len(ANSWER)).received == ANSWER
        sock.sendall(more)
        assert listen_to(sock, Talk(), 5).end == "reset"
    gateway.wait_for_flow(dhost="truth.test", cat="client", outcome="allowed")
    line = gateway.wait_for_flow(dhost="truth.test", cat="server", outcome="disallowed")
    assert line["reason"].startswith("http-second-request") and line["http_code"] == 200
    assert server.wait_ended() and server.received == REQUEST


def test_a_second_request_before_the_answer_never_leaves(lab, gateway, truth):
    server = truth(z.TRUTH, 80)
    with connect(lab, z.TRUTH, 80) as sock:
        sock.sendall(REQUEST)
        assert server.wait_received(len(REQUEST))
        sock.sendall(b"GET /else HTTP/1.1\r\nHost: truth.test\r\n\r\n")
        assert listen_to(sock, Talk(), 5).end == "reset"
    gateway.wait_for_flow(dhost="truth.test", cat="server", reason="http-second-request")
    assert server.wait_ended() and server.received == REQUEST


def test_a_client_that_keeps_its_connection_fetches_anew(lab, gateway):
    """curl reuses the connection, is cut off, and asks again on a fresh one."""
    outcome = lab.curl(LIST, "-o", "/dev/null", "-o", "/dev/null", "-w", "%{http_code} ", LIST)
    assert outcome.text.split()[:2] == ["200", "200"], outcome
    assert wait_until(lambda: len(gateway.flow.all(cat="client", outcome="allowed")) == 2, 5)
    gateway.wait_for_flow(cat="server", reason="http-second-request")


def test_a_request_that_comes_byte_by_byte_is_judged_as_a_whole(lab, gateway, truth):
    server = truth(z.TRUTH, 80, answer)
    outcome = talk(lab, REQUEST, z.TRUTH, 80, size=1, pause=0.03, enough=len(ANSWER), nodelay=True)
    assert outcome.received == ANSWER
    assert server.received == REQUEST


def test_a_half_closed_connection_gets_its_answer(lab, gateway, truth):
    server = truth(z.TRUTH, 80, answer)
    with connect(lab, z.TRUTH, 80) as sock:
        sock.sendall(REQUEST)
        sock.shutdown(socket.SHUT_WR)
        said = listen_to(sock, Talk(), 5)
    assert said.received == ANSWER and said.end == "fin"
    assert server.received == REQUEST
    gateway.wait_for_flow(dhost="truth.test", cat="server", outcome="allowed")


def test_a_live_fetch_ends_with_its_rule(lab, own_gateway, module_gateway, truth):
    module_gateway.stop()
    module_gateway.flush()
    server = truth(z.TRUTH, 80, answer)
    gateway = own_gateway(crl_config(lab))
    wait_for_lists(gateway)
    with connect(lab, z.TRUTH, 80) as sock:
        sock.sendall(REQUEST)
        assert listen_to(sock, Talk(), 5, enough=len(ANSWER)).received == ANSWER
        config = gateway.config.copy()
        config.groups["sg-web"] = ["discriminat:tls:unlisted.test"]
        gateway.apply(config, outcome="removed", proto="http", addr="truth.test")
        assert listen_to(sock, Talk(), 10).end == "reset"
    gateway.wait_for_flow(dhost="truth.test", cat="server", reason="rule-removed")
    assert server.received == REQUEST
    # The new name presents the same certificate, so its lists come in its stead.
    wait_for_lists(gateway)
    assert "200" in lab.curl(LIST, "-i").text
    gateway.stop()


def test_a_certificate_that_does_not_verify_allows_nothing(lab, own_gateway):
    config = crl_config(lab)
    config.gateway = {}  # the system's authorities do not know the laboratory's
    gateway = own_gateway(config)
    line = gateway.config_log.wait(15, outcome="warning", addr="allowed.test")
    assert line and "cannot be verified" in line["reason"], gateway.state_text()
    outcome = lab.curl(LIST, "-i")
    assert "403" in outcome.text and "http-not-allowed" in outcome.text, outcome
    assert gateway.config_log.all(proto="http") == []
    gateway.stop()


def test_the_preference_can_be_switched_while_the_gateway_runs(lab, own_gateway):
    config = crl_config(lab)
    config.preferences = {}
    gateway = own_gateway(config)
    assert "http-not-allowed" in lab.curl(LIST, "-i").text
    allowing = crl_config(lab)
    gateway.apply(allowing, outcome="accepted", proto="http", addr="truth.test")
    assert "200" in lab.curl(LIST, "-i").text
    ignoring = allowing.copy()
    ignoring.preferences = {"x509_crls": "ignore"}
    gateway.apply(ignoring, outcome="removed", proto="http", addr="truth.test")
    assert "http-not-allowed" in lab.curl(LIST, "-i").text
    gateway.stop()
