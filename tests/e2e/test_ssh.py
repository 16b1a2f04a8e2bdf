"""SSH: allowed by the addresses of the allowed name; both banners checked, server-first too."""
import pytest

from kit import zone as z
from kit.gateway import default_config
from kit.talk import Talk, connect, listen_to, talk
from kit.truth import TruthServer


def CONFIG():
    config = default_config()
    config.groups["sg-ssh"].append(("discriminat:ssh:truth-other.test", 22))
    return config


def test_ssh_to_an_allowed_name(lab, gateway):
    outcome = lab.ssh("ssh.test")
    assert "reached by ssh" in outcome.text, outcome
    line = gateway.wait_for_flow(dst="198.51.100.15", cat="client", outcome="allowed")
    assert (line["proto"], line["proto_v"], line["dhost"]) == ("ssh", "2.0", "ssh.test")
    assert line["reason"] == "policy:sg-ssh: ssh.test"
    server = gateway.wait_for_flow(src="198.51.100.15", cat="server", outcome="allowed")
    assert server["proto_v"] == "2.0"


def test_ssh_to_another_address_is_reset(lab, gateway):
    outcome = lab.ssh("ssh-refused.test")
    assert not outcome.ok
    assert "reset" in outcome.text or "closed" in outcome.text, outcome
    line = gateway.wait_for_flow(dst="198.51.100.16", outcome="disallowed")
    assert line["proto"] == "ssh"


def test_ssh_on_another_port_is_refused(lab, gateway):
    assert not lab.ssh("ssh.test", options=["-p", "2222"]).ok
    gateway.wait_for_flow(dst="198.51.100.15", dpt=2222, outcome="disallowed")


def test_git_over_ssh(lab, gateway):
    outcome = lab.git(f"ssh://root@ssh.test{lab.repository}")
    assert "refs/heads/main" in outcome.text, outcome


def test_a_tls_rule_does_not_allow_ssh(lab, gateway, truth):
    server = truth()
    result = talk(lab, b"SSH-2.0-client\r\n", timeout=5)
    assert result.end == "reset"
    assert server.received == b""
    gateway.wait_for_flow(dst=z.TRUTH, proto="ssh", outcome="disallowed")


def ssh_server(lab, banner, first=True):
    reply = None if first else (lambda c, data: None if c.sent else banner)
    return TruthServer(lab.net, z.TRUTH_OTHER, 22, reply, banner if first else b"")


@pytest.mark.parametrize("banner", [b"SSH-2.0-x\r\n", b"SSH-1.99-x\r\n", b"SSH-2.0-x y z\n",
                                    b"welcome\r\nto this host\r\nSSH-2.0-x\r\n"],
                         ids=["2.0", "1.99", "comment-lf", "pre-banner"])
def test_a_client_may_wait_for_the_servers_banner(banner, lab, gateway):
    server = ssh_server(lab, banner)
    sock = connect(lab, z.TRUTH_OTHER, 22)
    result = listen_to(sock, Talk(), 5, enough=len(banner))
    assert result.received == banner
    sock.sendall(b"SSH-2.0-me\r\n" + b"key exchange")
    assert server.wait_received(24)
    sock.close()
    server.close()


@pytest.mark.parametrize("banner, reason", [
    (b"SSH-1.5-old\r\n", "ssh-version-server"), (b"HTTP/1.1 400 Bad\r\n\r\n",
                                                 "ssh-server-mismatch"),
    (b"SSH-2.0-" + b"x" * 300 + b"\r\n", "ssh-banner-malformed")],
    ids=["1.5", "http", "too-long"])
def test_a_bad_server_banner_ends_the_connection(banner, reason, lab, gateway):
    server = ssh_server(lab, banner, first=False)
    result = talk(lab, b"SSH-2.0-me\r\n", z.TRUTH_OTHER, 22)
    assert result.end == "reset" and result.received == b""
    gateway.wait_for_flow(cat="server", src=z.TRUTH_OTHER, reason=reason)
    server.close()


@pytest.mark.parametrize("banner, reason", [
    (b"SSH-1.5-old\r\n", "ssh-version-client"), (b"SSH-1.99-old\r\n", "ssh-version-client"),
    (b"hello\r\nSSH-2.0-x\r\n", "proto-unknown"), (b"SSH-2.0-\x00\x01\r\n",
                                                   "ssh-banner-malformed"),
    (b"SSH-2.0-" + b"x" * 300 + b"\r\n", "ssh-banner-malformed")],
    ids=["1.5", "1.99", "pre-banner", "control-bytes", "too-long"])
def test_a_bad_client_banner_never_reaches_the_server(banner, reason, lab, gateway):
    server = ssh_server(lab, b"SSH-2.0-x\r\n", first=False)
    result = talk(lab, banner, z.TRUTH_OTHER, 22)
    assert result.end == "reset"
    assert server.received == b""
    gateway.wait_for_flow(cat="client", dst=z.TRUTH_OTHER, reason=reason)
    server.close()
