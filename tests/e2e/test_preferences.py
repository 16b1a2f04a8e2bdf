"""Preferences and settings that need a gateway of their own."""
import pytest

from kit import zone as z
from kit.gateway import default_config
from kit.netns import wait_until


def config_with(preferences=None, **changes):
    config = default_config()
    config.preferences = preferences or {}
    for key, value in changes.items():
        setattr(config, key, value)
    return config


def test_the_default_see_thru_covers_every_client(lab, own_gateway):
    gateway = own_gateway(config_with({"see_thru": "2999-12-31"}))
    assert lab.curl("https://unlisted.test/").ok
    line = gateway.wait_for_flow(dhost="unlisted.test", cat="client", outcome="allowed")
    assert line["see_thru_gid"] == "%default" and line["see_thru_exerted"] is True
    assert lab.curl("https://unlisted.test/", client="stranger").ok
    line = gateway.wait_for_flow(src="10.0.1.99", cat="client", outcome="allowed")
    assert line["reason"].startswith("client-unknown")


@pytest.mark.parametrize("verbosity, allowed, refused", [
    ("full", 2, 1), ("only_disallowed", 0, 1), ("none", 0, 0)])
def test_flow_log_verbosity(verbosity, allowed, refused, lab, own_gateway):
    gateway = own_gateway(config_with({"flow_log_verbosity": verbosity}))
    assert lab.curl("https://allowed.test/").ok
    assert not lab.curl("https://unlisted.test/").ok
    gateway.pause_until_quiet()
    assert len(gateway.flow.all(outcome="allowed")) == allowed
    assert len(gateway.flow.all(outcome="disallowed")) == refused
    assert gateway.config_log.all(outcome="accepted")


@pytest.mark.parametrize("exposure, pattern, accepted", [
    ("none", "a?c.test", False), ("none", "*.github.com", False),
    ("prohibit_asterisk", "a?c.github.com", True), ("prohibit_asterisk", "*.github.com", False),
    ("prohibit_public_suffix", "*.github.com", True),
    ("prohibit_public_suffix", "*.co.uk", False), ("nuclear", "*.co.uk", True)])
def test_wildcard_exposure(exposure, pattern, accepted, lab, own_gateway):
    config = config_with({"wildcard_exposure": exposure})
    config.groups["sg-wild"] = [f"discriminat:tls:{pattern}"]
    config.clients["10.0.1.77"] = ["sg-wild"]
    gateway = own_gateway(config)
    line = gateway.config_log.wait(5, addr=pattern)
    assert line["outcome"] == ("accepted" if accepted else "rejected"), line
    assert line["gid"] == "sg-wild" and line["cat"] == "wildcard-addr"


def test_a_subnet_of_clients(lab, own_gateway):
    config = config_with(subnets={"10.0.1.96/29": ["sg-other"]})
    gateway = own_gateway(config)
    assert lab.curl("https://second.test/", client="stranger").ok
    line = gateway.wait_for_flow(src="10.0.1.99", outcome="allowed", cat="client")
    assert line["reason"] == "policy:sg-other: second.test"
    assert gateway.config_log.all(subnet="10.0.1.96/29", outcome="accepted")


def test_live_connections_may_survive_their_rule(lab, own_gateway):
    config = config_with(gateway={"revoke_on_rule_removal": False})
    gateway = own_gateway(config)
    child = lab.c1.start("curl", "-sS", "--max-time", "60", "--cacert", lab.certificates.ca,
                         "-o", lab.folder / "survivor.bin", "https://big.test/big.bin")
    assert wait_until(lambda: (lab.folder / "survivor.bin").exists()
                      and (lab.folder / "survivor.bin").stat().st_size > 300_000, 15)
    gateway.config.groups["sg-web"][0] = "discriminat:tls:allowed.test"
    gateway.apply(addr="big.test", outcome="removed")
    size = (lab.folder / "survivor.bin").stat().st_size
    assert wait_until(
        lambda: (lab.folder / "survivor.bin").stat().st_size > size + 6 * z.BIG_RATE, 30)
    assert child.poll() is None or child.returncode == 0
    lab.shop.stop(child)


@pytest.mark.parametrize("program", ["dnsmasq", "unbound"])
def test_a_real_resolver_in_between(program, lab, own_gateway):
    """What production has upstream: a cache that changes TTLs and orders, not our own server."""
    if program == "dnsmasq":
        child = lab.net.start("dnsmasq", "-k", "-C", "/dev/null", "--no-resolv", "--no-hosts",
                              f"--server={z.DNS}", f"--listen-address={z.DNS_CACHE}",
                              "--bind-interfaces", "--user=root", "--pid-file=", log="cache.log")
    else:
        folder = lab.folder / "unbound"
        folder.mkdir(exist_ok=True)
        (folder / "unbound.conf").write_text(
            f"server:\n interface: {z.DNS_CACHE}\n access-control: 0.0.0.0/0 allow\n"
            f" directory: \"{folder}\"\n chroot: \"\"\n username: \"\"\n do-daemonize: no\n"
            f" pidfile: \"{folder}/pid\"\n use-syslog: no\n module-config: \"iterator\"\n"
            " do-not-query-localhost: no\n use-caps-for-id: yes\n do-ip6: no\n"
            " local-zone: \"test.\" nodefault\n"
            "remote-control:\n control-enable: no\n"
            f"forward-zone:\n name: \".\"\n forward-addr: {z.DNS}\n")
        child = lab.net.start("unbound", "-d", "-c", folder / "unbound.conf", log="cache.log")
    try:
        assert wait_until(lambda: "198.51.100.10" in lab.net.run(
            "dig", "+short", "+time=1", "+tries=1", f"@{z.DNS_CACHE}", "allowed.test").text, 10)
        gateway = own_gateway(config_with(dns=[z.DNS_CACHE]))
        for name in ("allowed.test", "any.wild.test", "alias.test"):
            assert lab.curl(f"https://{name}/").ok, (name, gateway.output_text())
        assert not lab.curl("https://allowed.test/", "--resolve",
                            f"allowed.test:443:{z.ELSEWHERE}").ok
        gateway.wait_for_flow(reason="dns-mismatch")
    finally:
        lab.shop.stop(child)


def test_several_upstreams_one_of_them_dead(lab, own_gateway):
    gateway = own_gateway(config_with(dns=["198.51.100.39", z.DNS]))
    assert lab.curl("https://allowed.test/").ok
    assert lab.curl("https://some.wild.test/").ok, gateway.output_text()
