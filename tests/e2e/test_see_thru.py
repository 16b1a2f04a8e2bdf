"""see-thru: lets pass and tells, until its date; never what breaks the integrity of a stream."""
import pytest

from kit import hello, zone as z
from kit.gateway import default_config
from kit.rawtcp import RawConnection
from kit.talk import talk

LIVE = "2999-12-31"


def CONFIG():
    config = default_config()
    config.groups["sg-see"] = [(f"discriminat:see-thru:{LIVE}", 443)]
    config.groups["sg-past"] = [("discriminat:see-thru:2022-1-1", 443)]
    config.clients[z.CLIENTS["c1"]] = ["sg-web", "sg-past"]
    config.clients[z.CLIENTS["c2"]] = ["sg-other", "sg-see"]
    return config


def exerted(gateway, **want):
    return gateway.wait_for_flow(cat="client", outcome="allowed", see_thru_exerted=True,
                                 see_thru_gid="sg-see", **want)


def test_an_unlisted_name_passes_and_the_line_says_why_it_would_not(lab, gateway):
    assert lab.curl("https://unlisted.test/", client="c2").ok
    line = exerted(gateway, dhost="unlisted.test")
    assert line["reason"].startswith("not-allowlisted")
    assert line["see_thru_days_remaining"] > 300_000


def test_a_rule_that_allows_is_named_although_see_thru_would_let_it_pass(lab, gateway):
    assert lab.curl("https://second.test/", client="c2").ok
    line = gateway.wait_for_flow(dhost="second.test", cat="client", outcome="allowed")
    assert line["see_thru_exerted"] is False
    assert line["reason"] == "policy:sg-other: second.test"


def test_other_ports_and_protocols_pass_too(lab, gateway, truth):
    """The ports of the rule that carries see-thru do not matter."""
    assert lab.curl("https://unlisted.test:8443/", "--resolve",
                    "unlisted.test:8443:198.51.100.40", client="c2").ok
    assert "reached by ssh" in lab.ssh("ssh.test", client="c2").text
    exerted(gateway, proto="ssh")
    server = truth(z.TRUTH, 7000, hello.answers_once(5, b"fine"))
    assert talk(lab, b"\x00\x01\x02\x03\x04", port=7000, client="c2", enough=4).received == b"fine"
    assert server.received == b"\x00\x01\x02\x03\x04"
    exerted(gateway, dpt=7000, proto="unknown")


def test_an_old_server_passes(lab, gateway):
    outcome = lab.curl("https://old.test/", "--tlsv1.0", "--ciphers", "DEFAULT@SECLEVEL=0",
                       client="c2")
    assert "Cipher" in outcome.text, outcome
    line = gateway.wait_for_flow(cat="server", src="198.51.100.14", outcome="allowed")
    assert line["reason"].startswith("tls-version-server-too-old")
    assert line["see_thru_exerted"] is True


def test_a_server_that_speaks_first_passes(lab, gateway, truth):
    made = truth(z.TRUTH_OTHER, 2525)
    made.first = b"220 mail ESMTP\r\n"
    result = talk(lab, b"", z.TRUTH_OTHER, 2525, client="c2", enough=16)
    assert result.received == b"220 mail ESMTP\r\n"


def test_after_its_date_nothing_passes_and_the_line_still_tells(lab, gateway):
    outcome = lab.curl("https://unlisted.test/")
    assert "access denied" in outcome.text, outcome
    line = gateway.wait_for_flow(dhost="unlisted.test", outcome="disallowed")
    assert line["see_thru_exerted"] is False
    assert line["see_thru_gid"] == "sg-past"
    assert line["see_thru_days_remaining"] == 0


@pytest.mark.parametrize("data, reason", [
    (hello.hello(b"unlisted.test"), None),
    (hello.record(hello.handshake(hello.body([hello.sni(b"a.test"), hello.sni(b"b.test")]))),
     "tls-duplicate-extension"),
    (hello.hello(b"a.test\0b.test"), "tls-sni-malformed"),
    (hello.sslv2(), "sslv2-hello"),
], ids=["good", "duplicate", "nul", "sslv2"])
def test_broken_hellos_do_not_pass(data, reason, lab, gateway, truth):
    server = truth(reply=hello.answers_once(len(data), hello.first_flight))
    talk(lab, data, client="c2", timeout=3, enough=100)
    if reason is None:
        assert server.received == data
        return
    gateway.wait_for_flow(outcome="disallowed", reason=reason)
    assert server.received == b""


def test_conflicting_retransmissions_do_not_pass(lab, gateway, truth):
    server = truth()
    c = RawConnection(lab, z.TRUTH, client="c2")
    c.send(4, b"TAIL")
    c.send(0, b"headtail")
    assert c.wait_reset()
    gateway.wait_for_flow(reason="tcp-overlap-conflict")
    assert server.received == b""


def test_special_destinations_stay_refused(lab, gateway):
    lab.curl("http://169.254.169.254/latest/", client="c2", limit=3)
    gateway.wait_for_flow(dst="169.254.169.254", reason="dst-special", outcome="disallowed")

