"""Name and address agree by the gateway's own look-ups: which names it asks, and what it makes of
the answers. The query log of the laboratory's DNS server tells what was asked."""
import time

import pytest

from kit import hello, zone as z
from kit.gateway import default_config
from kit.talk import connect, talk


def CONFIG():
    config = default_config()
    config.groups["sg-see"] = ["discriminat:see-thru:2999-12-31"]
    config.clients[z.CLIENTS["c2"]] = ["sg-see"]
    config.groups["sg-web"] += ["discriminat:tls:late.test,moving.test,many.test,slow.test",
                                "discriminat:tls:chain.test,loop.test,mixed.test"]
    return config


def at(lab, name, address, **options):
    return lab.curl(f"https://{name}/", "--resolve", f"{name}:443:{address}", "-k", **options)


def asked(lab, name):
    return lab.dns.questions().count(name)


@pytest.mark.parametrize("name", ["unlisted.test", "secret-data.attacker.test", "wild.test",
                                  "a.b.wild.test"])
def test_a_name_of_no_rule_is_never_looked_up(name, lab, gateway):
    before = asked(lab, name)  # under the policy of an earlier module, perhaps
    assert not at(lab, name, "198.51.100.12").ok
    gateway.wait_for_flow(dhost=name, reason="not-allowlisted")
    assert not at(lab, name, "198.51.100.12", client="stranger").ok
    assert asked(lab, name) == before


def test_see_thru_does_not_look_names_up_either(lab, gateway):
    assert at(lab, "secret.exfiltration.test", "198.51.100.12", client="c2").ok
    gateway.wait_for_flow(dhost="secret.exfiltration.test", see_thru_exerted=True)
    assert asked(lab, "secret.exfiltration.test") == 0


def test_a_malformed_name_is_never_looked_up(lab, gateway, truth):
    truth()
    before = len(lab.dns.questions())
    talk(lab, hello.hello(b"bad name.wild.test"), timeout=2)
    talk(lab, hello.hello(b"x\0.wild.test"), timeout=2)
    gateway.wait_for_flow(reason="tls-sni-malformed")
    assert not [n for n in lab.dns.questions()[before:] if "wild" in n]


def test_of_a_wildcard_the_concrete_name_is_looked_up(lab, gateway):
    assert lab.curl("https://concrete.wild.test/").ok
    line = gateway.wait_for_flow(dhost="concrete.wild.test", cat="client", outcome="allowed")
    assert line["evidence"] == "dns-fresh" and line["held_ms"] >= 0
    assert asked(lab, "concrete.wild.test") >= 1
    assert not [n for n in lab.dns.questions() if n.startswith("*")]


def test_a_name_under_a_wildcard_at_a_foreign_address_is_refused(lab, gateway):
    assert "access denied" in at(lab, "mine.wild.test", "198.51.100.40").text
    gateway.wait_for_flow(dhost="mine.wild.test", reason="dns-mismatch")


def test_exact_names_are_known_before_they_are_needed(lab, gateway):
    assert asked(lab, "allowed.test") >= 1
    assert lab.curl("https://allowed.test/").ok
    line = gateway.wait_for_flow(dhost="allowed.test", cat="client")
    assert line["evidence"] == "dns" and "held_ms" not in line


def test_a_rotating_name_never_costs_a_connection(lab, gateway):
    """One of eight addresses per answer, TTL 1, the client's answers differ from the gateway's."""
    outcomes = [lab.curl("https://rotating.test/") for _ in range(24)]
    assert all(o.ok for o in outcomes), [o.text for o in outcomes if not o.ok]


def test_an_address_outlives_its_ttl(lab, gateway, zone):
    """Clients cache: what was true a moment ago is honoured for the retention time."""
    zone({"moving.test": {"a": ["198.51.100.10"], "ttl": 1}})
    deadline = time.monotonic() + 40
    while not at(lab, "moving.test", "198.51.100.10").ok and time.monotonic() < deadline:
        time.sleep(0.5)  # until then the earlier NXDOMAIN may be remembered
    zone({"moving.test": {"a": ["198.51.100.11"], "ttl": 1}})
    assert at(lab, "moving.test", "198.51.100.11").ok
    assert at(lab, "moving.test", "198.51.100.10").ok


@pytest.mark.parametrize("name", ["rebound.test", "private.test", "loopback.test"])
def test_private_and_special_addresses_do_not_count(name, lab, gateway):
    assert "access denied" in at(lab, name, "198.51.100.10").text
    gateway.wait_for_flow(dhost=name, reason="dns-private-address", outcome="disallowed")


def test_special_addresses_beside_a_good_one_are_left_out(lab, gateway, zone):
    zone({"mixed.test": {"a": ["169.254.169.254", "198.51.100.10", "127.0.0.1"], "ttl": 1}})
    outcome = at(lab, "mixed.test", "198.51.100.10")
    deadline = time.monotonic() + 40
    while not outcome.ok and time.monotonic() < deadline:
        time.sleep(0.5)
        outcome = at(lab, "mixed.test", "198.51.100.10")
    assert outcome.ok
    assert not at(lab, "mixed.test", "169.254.169.254", limit=3).ok


@pytest.mark.parametrize("name", ["servfail.test", "silent.test"])
def test_a_name_that_cannot_be_looked_up_is_refused(name, lab, gateway):
    assert not at(lab, name, "198.51.100.10").ok
    line = gateway.wait_for_flow(dhost=name, outcome="disallowed")
    assert line["reason"].split(":")[0] in ("dns-failed", "dns-not-ready")


def test_a_name_that_does_not_exist_is_refused(lab, gateway):
    assert not at(lab, "late.test", "198.51.100.10").ok
    line = gateway.wait_for_flow(dhost="late.test", outcome="disallowed")
    assert line["reason"].split(":")[0] in ("dns-failed", "dns-mismatch")


def test_an_alias_counts_as_the_name(lab, gateway):
    assert lab.curl("https://alias.test/").ok
    line = gateway.wait_for_flow(dhost="alias.test", cat="client", outcome="allowed")
    assert line["reason"] == "policy:sg-web: alias.test"


def test_no_byte_leaves_while_the_name_is_looked_up(lab, gateway, truth, zone):
    zone({"held.wild.test": {"a": [z.TRUTH], "delay": 0.4}})
    data = hello.hello(b"held.wild.test")
    server = truth(reply=hello.answers_once(len(data), hello.first_flight))
    sock = connect(lab)
    with sock:
        sock.sendall(data)
        time.sleep(0.2)
        assert server.received == b""
        assert server.wait_received(len(data))
    line = gateway.wait_for_flow(dhost="held.wild.test", cat="client", outcome="allowed")
    assert line["held_ms"] >= 200
    assert server.received == data


def test_a_look_up_that_takes_too_long_refuses(lab, gateway, truth, zone):
    zone({"toolong.wild.test": {"a": [z.TRUTH], "delay": 5}})
    server = truth()
    result = talk(lab, hello.hello(b"toolong.wild.test"))
    assert result.denied_by_alert, (result.end, result.received)
    line = gateway.wait_for_flow(dhost="toolong.wild.test", outcome="disallowed")
    assert line["reason"].split(":")[0] in ("dns-not-ready", "dns-failed")
    assert server.received == b""


def test_known_addresses_go_on_when_dns_is_down(lab, gateway):
    assert lab.curl("https://allowed.test/").ok
    lab.dns.stop()
    try:
        assert lab.curl("https://allowed.test/").ok
        assert not at(lab, "never-asked.wild.test", "198.51.100.13").ok
        line = gateway.wait_for_flow(dhost="never-asked.wild.test", outcome="disallowed")
        assert line["reason"].split(":")[0] in ("dns-not-ready", "dns-failed")
    finally:
        lab.dns.start()
    assert at(lab, "asked-after.wild.test", "198.51.100.13").ok
