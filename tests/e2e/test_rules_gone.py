"""Somebody flushes the rules under a running gateway: nothing may be forwarded without them."""
from kit.netns import wait_until


def test_flushed_rules_switch_forwarding_off_until_a_restart(lab, own_gateway):
    gateway = own_gateway()
    assert lab.curl("https://allowed.test/").ok
    lab.gw.sh("nft", "flush", "ruleset")
    assert wait_until(lambda: lab.gw.get_sysctl("net.ipv4.ip_forward") == "0", 10)
    assert wait_until(lambda: gateway.health() == 503, 10)
    gateway.config_log.wait(10, cat="self", outcome="warning")
    gateway.stop()
    gateway.start()
    assert lab.gw.get_sysctl("net.ipv4.ip_forward") == "1"
    assert lab.curl("https://allowed.test/").ok
