"""TLS with the clients people use: what is allowed goes through, what is refused is told why."""
import socket
import struct

import pytest

from kit import hello, zone as z
from kit.gateway import default_config
from kit.talk import Talk, connect, listen_to

ALLOWED_LINE = {"cat": "client", "outcome": "allowed", "proto": "tls", "src": "10.0.1.10",
                "dpt": 443, "instance": "gw-lab"}


def CONFIG():
    config = default_config()
    config.groups["sg-ports"] = [("discriminat:tls:unlisted.test", "8400-8500")]
    config.groups["sg-addr"] = [("discriminat:tls:198.51.100.40", 443)]
    config.clients[z.CLIENTS["c2"]] += ["sg-ports", "sg-addr"]
    return config


CLIENTS = {
    "curl": lambda lab, host: lab.curl(f"https://{host}/"),
    "wget": lambda lab, host: lab.wget(f"https://{host}/"),
    "gnutls": lambda lab, host: lab.gnutls(host),
    "openssl": lambda lab, host: lab.openssl(f"{host}:443", "-servername", host, "-quiet",
                                             stdin="GET / HTTP/1.0\r\n\r\n"),
    "git": lambda lab, host: lab.git(f"https://{host}/repo.git"),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_an_allowed_name_is_reached_with(client, lab, gateway):
    outcome = CLIENTS[client](lab, "git.test")
    assert "this is git.test" in outcome.text or "refs/heads/main" in outcome.text, outcome
    line = gateway.wait_for_flow(dhost="git.test", **ALLOWED_LINE)
    assert line["reason"] == "policy:sg-web: git.test"
    assert line["dst"] == "198.51.100.18"
    assert line["evidence"] in ("dns", "dns-fresh")
    assert isinstance(line["spt"], int) and isinstance(line["pqc"], bool)
    server = gateway.wait_for_flow(cat="server", src="198.51.100.18")
    assert server["outcome"] == "allowed"
    assert server["proto_v"] in ("1.2", "1.3")
    assert server["dst"] == "10.0.1.10" and server["spt"] == 443


@pytest.mark.parametrize("client, says", [
    ("curl", "access denied"), ("wget", "alert"), ("gnutls", "Access was denied"),
    ("openssl", "access denied"), ("git", "Access was denied")])
def test_an_unlisted_name_is_refused_with_an_alert_that_says_so(client, says, lab, gateway):
    outcome = CLIENTS[client](lab, "unlisted.test")
    assert says.lower() in outcome.text.lower(), outcome
    line = gateway.wait_for_flow(dhost="unlisted.test", outcome="disallowed", cat="client")
    assert line["reason"].startswith("not-allowlisted: ")
    assert line["proto"] == "tls"
    assert line["evidence"] == "none" or "evidence" not in line


@pytest.mark.parametrize("version, option", [("1.2", "--tls-max"), ("1.3", "--tlsv1.3")])
def test_both_modern_versions_pass(version, option, lab, gateway):
    options = [option, version] if option == "--tls-max" else [option]
    assert lab.curl("https://allowed.test/", *options).ok
    server = gateway.wait_for_flow(cat="server", src="198.51.100.10")
    assert server["proto_v"] == version


def test_a_client_that_offers_only_old_versions_is_refused(lab, gateway):
    outcome = lab.openssl("allowed.test:443", "-servername", "allowed.test", "-tls1_1", "-cipher",
                          "ALL:@SECLEVEL=0")
    assert "access denied" in outcome.text, outcome
    line = gateway.wait_for_flow(dhost="allowed.test", reason="tls-version-client-too-old")
    assert line["proto_v"] == "1.1"


def test_a_server_that_selects_an_old_version_is_refused(lab, gateway):
    outcome = lab.curl("https://old.test/", "--tlsv1.0", "--ciphers", "DEFAULT@SECLEVEL=0")
    assert not outcome.ok and "Cipher" not in outcome.text
    gateway.wait_for_flow(dhost="old.test", cat="client", outcome="allowed")
    line = gateway.wait_for_flow(dhost="old.test", cat="server", outcome="disallowed",
                                 reason="tls-version-server-too-old")
    assert line["proto_v"] == "1.1"
    assert (line["src"], line["dst"]) == ("198.51.100.14", "10.0.1.10")


def test_no_name_is_refused(lab, gateway):
    outcome = lab.openssl("198.51.100.10:443", "-noservername")
    assert "access denied" in outcome.text, outcome
    line = gateway.wait_for_flow(reason="tls-no-sni")
    assert line["dhost"] == "198.51.100.10"


def test_no_name_is_allowed_to_an_address_that_a_rule_names(lab, gateway):
    outcome = lab.openssl("198.51.100.40:443", "-noservername", client="c2")
    assert "TLSv1" in outcome.text, outcome
    line = gateway.wait_for_flow(dst="198.51.100.40", cat="client", outcome="allowed")
    assert line["evidence"] == "address-rule"
    assert line["reason"] == "policy:sg-addr: 198.51.100.40"


@pytest.mark.parametrize("address", ["198.51.100.40", "198.51.100.11", "198.51.100.12"],
                         ids=["no-names", "another-allowed-names", "an-unlisted-names"])
def test_an_allowed_name_at_a_wrong_address_is_refused(address, lab, gateway):
    outcome = lab.curl("https://allowed.test/", "--resolve", f"allowed.test:443:{address}")
    assert "access denied" in outcome.text, outcome
    line = gateway.wait_for_flow(dhost="allowed.test", dst=address, outcome="disallowed")
    assert line["reason"].startswith("dns-mismatch: ")


def test_another_name_on_an_allowed_names_address_is_refused(lab, gateway):
    assert lab.curl("https://shared-a.test/").ok
    assert "access denied" in lab.curl("https://shared-b.test/").text
    gateway.wait_for_flow(dhost="shared-b.test", reason="not-allowlisted")


@pytest.mark.parametrize("name, good", [
    ("a.wild.test", True), ("A.WILD.test", True), ("wild.test", False), ("a.b.wild.test", False),
    ("wild.test.evil.test", False)])
def test_a_wildcard_covers_exactly_one_label(name, good, lab, gateway):
    outcome = lab.curl(f"https://{name}/", "--resolve", f"{name}:443:198.51.100.13", "-k")
    assert outcome.ok == good, outcome
    line = gateway.wait_for_flow(dhost=name.lower(), cat="client")
    assert line["outcome"] == ("allowed" if good else "disallowed")
    if good:
        assert line["reason"] == "policy:sg-web: *.wild.test"


def test_a_rule_binds_to_its_ports(lab, gateway):
    outcome = lab.curl("https://allowed.test:8443/")
    assert "access denied" in outcome.text, outcome
    line = gateway.wait_for_flow(dhost="allowed.test", dpt=8443, outcome="disallowed")
    assert line["reason"].startswith("port-not-allowed: ")
    assert lab.curl("https://unlisted.test:8443/", client="c2").ok
    gateway.wait_for_flow(dhost="unlisted.test", dpt=8443, outcome="allowed")
    assert not lab.curl("https://unlisted.test/", client="c2").ok
    gateway.wait_for_flow(dhost="unlisted.test", dpt=443, reason="port-not-allowed")


def test_each_client_has_its_own_policy(lab, gateway):
    assert not lab.curl("https://allowed.test/", client="c2").ok
    gateway.wait_for_flow(src="10.0.1.11", dhost="allowed.test", reason="not-allowlisted")
    assert lab.curl("https://second.test/", client="c2").ok
    line = gateway.wait_for_flow(src="10.0.1.11", dhost="second.test", outcome="allowed")
    assert line["reason"] == "policy:sg-other: second.test"


def test_an_unknown_client_is_refused_with_its_own_reason(lab, gateway):
    outcome = lab.curl("https://allowed.test/", client="stranger")
    assert not outcome.ok
    gateway.wait_for_flow(src="10.0.1.99", reason="client-unknown")


def test_a_server_may_ask_for_another_hello(lab, gateway):
    outcome = lab.openssl("hrr.test:443", "-servername", "hrr.test", "-groups", "X25519:P-384")
    assert "TLSv1.3" in outcome.text and "Cipher is TLS_" in outcome.text, outcome
    gateway.pause_until_quiet()
    assert len(gateway.flow.all(dhost="hrr.test", cat="client")) == 1
    server = gateway.flow.all(cat="server", src="198.51.100.22")
    assert [s["outcome"] for s in server] == ["allowed"]


def test_a_session_may_be_resumed(lab, gateway):
    path = lab.folder / "session.pem"
    first = lab.openssl("allowed.test:443", "-servername", "allowed.test", "-sess_out", path,
                        "-ign_eof", stdin="GET / HTTP/1.0\r\n\r\n")
    assert "this is allowed.test" in first.text, first
    again = lab.openssl("allowed.test:443", "-servername", "allowed.test", "-sess_in", path,
                        "-ign_eof", stdin="GET / HTTP/1.0\r\n\r\n")
    assert "this is allowed.test" in again.text, again


def test_large_transfers_arrive_whole(lab, gateway):
    outcome = lab.curl("https://big.test/big.bin", "-o", "/dev/null", "-r", "0-199999", "-w",
                       "%{size_download}")
    assert outcome.text == "200000", outcome


def test_every_connection_has_one_client_line_and_one_server_line(lab, gateway):
    for _ in range(5):
        assert lab.curl("https://allowed.test/").ok
    gateway.wait_for_flow(cat="server", src="198.51.100.10")
    gateway.pause_until_quiet()
    assert len(gateway.flow.all(cat="client")) == 5
    assert len(gateway.flow.all(cat="server")) == 5


def test_every_line_stands_on_its_own(lab, gateway):
    lab.curl("https://allowed.test/")
    line = gateway.wait_for_flow(dhost="allowed.test")
    assert line["_line"].startswith('{"time":"') or line["_line"].startswith('{"time": "')
    assert line["time"].endswith("Z") and len(line["time"]) == len("2026-11-22T03:04:05.678Z")


@pytest.mark.parametrize("linger", [struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)],
                         ids=["reset", "fin"])
def test_a_server_that_ends_instead_of_answering_is_named(lab, gateway, truth, linger):
    """The client learns it from the server at once; the line does not speak of a time-out."""
    data = hello.hello()

    def hang_up(connection, received):
        if len(received) >= len(data):
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.sock.close()
    truth(z.TRUTH, 443, hang_up)
    with connect(lab) as sock:
        sock.sendall(data)
        assert listen_to(sock, Talk(), 5).end in ("reset", "fin")
        line = gateway.wait_for_flow(10, cat="server", reason="server-closed")
    assert line["dhost"] == "truth.test" and line["outcome"] == "disallowed"


def test_a_client_that_gives_up_before_the_answer_is_named(lab, gateway, truth):
    data = hello.hello()
    server = truth(z.TRUTH, 443)
    sock = connect(lab)
    sock.sendall(data)
    assert server.wait_received(len(data))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    gateway.wait_for_flow(10, cat="server", reason="client-reset")
