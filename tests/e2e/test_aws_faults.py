"""A cloud that answers amiss: the policy stays, the config log tells it, and tells when it is over.

Most faults are met by looking an unknown client up, which is asked at once; a sweep is waited for
only where sweeps matter. Each look-up takes an address that was not asked for before.
"""
import itertools

import pytest

from kit import cloud as c
from kit import zone as z
from kit.gateway import Config
from kit.netns import wait_until

BLOCK = "10.0.1.96/28"  # of c2's interface; z.CLIENTS["stranger"] is inside
SWEEP = 75  # seconds: one of all interfaces each minute
LOOK_UP = "unknown clients cannot be looked up"
ERRORS = [
    ("throttled", 503, "RequestLimitExceeded"),
    ("denied", 403, "UnauthorizedOperation"),
    ("expired", 400, "ExpiredToken"),
]
_unknown = itertools.count(130)


@pytest.fixture(scope="module")
def cloud(bare_cloud):
    made = bare_cloud
    made.web = made.group("web", "discriminat:tls:allowed.test")
    made.c1 = made.interface(z.CLIENTS["c1"], made.web)
    made.c2 = made.interface(z.CLIENTS["c2"], made.web)
    return made


@pytest.fixture(scope="module")
def proxy(lab, cloud):
    made = c.FaultProxy(lab)
    made.change(prefixes={cloud.c2: BLOCK}, page_size=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def module_gateway(lab, product, cloud, proxy):
    config = Config({}, {}, gateway={"source": "aws"},
                    aws={"region": c.REGION, "vpcs": [cloud.vpc], "ship_logs": False})
    made = lab.gateway(config, env={**c.ENVIRONMENT, "AWS_ENDPOINT_URL": proxy.URL})
    yield made
    status = made.stop()
    made.flush()
    assert status == 0, made.output_text()


@pytest.fixture
def faults(proxy):
    """Tells the proxy; what it was told ends with the test."""
    yield lambda **entries: proxy.change(**entries)
    proxy.change(faults=None, ahead=None)


@pytest.fixture
def unknown(lab):
    """An address of the stranger that nobody has asked for."""
    address = f"10.0.1.{next(_unknown)}"
    lab.stranger.ip("address", "add", f"{address}/24", "dev", "eth0")
    yield address
    lab.stranger.ip("address", "del", f"{address}/24", "dev", "eth0")


def fetch(lab, client="c1", *options, limit=15):
    return lab.curl("https://allowed.test/", *options, client=client, limit=limit).status == 0


def knock(lab, address):
    """A client that is unknown; its look-up is asked while it waits."""
    assert not fetch(lab, "stranger", "--interface", address, limit=1)


def assert_policy_stays(lab, gateway):
    assert gateway.health() == 200
    for client in ("c1", "c2", "stranger"):
        assert fetch(lab, client), f"{client} is no client any more\n{gateway.state_text()}"
    assert not gateway.config_log.all(cat="client", outcome="removed")


def told(gateway, outcome, *parts, timeout=15):
    line = gateway.config_log.wait(timeout, cat="self", outcome=outcome, reason=lambda text: all(
        part in text for part in parts))
    assert line, (parts, gateway.config_log.all(), gateway.state_text())


def assert_over(lab, gateway, address):
    def over():
        lab.curl("https://allowed.test/", "--interface", address, client="stranger", limit=1)
        return gateway.config_log.all(cat="self", outcome="accepted", reason=lambda text:
                                      text.startswith(f"over: {LOOK_UP}"))
    assert wait_until(over, 15), gateway.state_text()
    gateway.wait_for_flow(src=address, outcome="disallowed", reason="client-unknown")


def test_a_delegated_block_is_a_client(lab, gateway, cloud):
    assert wait_until(lambda: [r for r in gateway.config_log.read()
                               if r.get("subnet") == BLOCK and r["outcome"] == "accepted"
                               and r["gid"] == cloud.web], 5), gateway.config_log.read()
    assert fetch(lab, "stranger"), "inside of the block"


def test_a_service_with_another_clock_is_signed_for_by_its_clock(lab, gateway, proxy, faults,
                                                                 unknown):
    faults(ahead=3600)
    before = len(proxy.answers())
    knock(lab, unknown)
    seen = wait_until(lambda: [a["status"] for a in proxy.answers()[before:]
                               if a["operation"] == "DescribeNetworkInterfaces"][:2] == [403, 200],
                      10)
    assert seen, proxy.answers()[before:]
    gateway.wait_for_flow(src=unknown, outcome="disallowed", reason="client-unknown")
    assert_policy_stays(lab, gateway)
    assert not gateway.config_log.all(cat="self", outcome="warning"), "it needs nobody"


@pytest.mark.parametrize(("status", "code"), [e[1:] for e in ERRORS], ids=[e[0] for e in ERRORS])
def test_an_error_changes_nothing_and_is_told(lab, gateway, faults, unknown, status, code):
    faults(faults={"DescribeNetworkInterfaces": {"error": [status, code]}})
    knock(lab, unknown)
    told(gateway, "warning", LOOK_UP, code, "by order of a test")
    assert_policy_stays(lab, gateway)
    faults(faults=None)
    assert_over(lab, gateway, unknown)


def test_half_an_answer_changes_nothing_and_is_told(lab, gateway, faults, unknown):
    faults(faults={"DescribeNetworkInterfaces": {"cut": True}})
    knock(lab, unknown)
    told(gateway, "warning", LOOK_UP)
    assert_policy_stays(lab, gateway)
    faults(faults=None)
    assert_over(lab, gateway, unknown)


def test_a_slow_answer_keeps_nobody_else_waiting(lab, gateway, proxy, faults, unknown):
    faults(faults={"DescribeNetworkInterfaces": {"delay": 6}})
    knock(lab, unknown)
    gateway.wait_for_flow(src=unknown, outcome="disallowed", reason="client-unknown")
    assert_policy_stays(lab, gateway)
    before = len(proxy.answers())
    assert wait_until(lambda: any(a["fault"] == ["delay"] for a in proxy.answers()[before:]), 15)
    assert not gateway.config_log.all(cat="self", outcome="warning"), "late is no failure"


def test_half_a_sweep_removes_nobody(lab, gateway, cloud, proxy, faults):
    """Pages are one interface each; the second one is refused for longer than absence takes."""
    faults(faults={"DescribeNetworkInterfaces": {"page": 2, "error": [400, "InvalidNextToken"]}})
    before = len(proxy.answers())

    def refused():
        return [a for a in proxy.answers()[before:] if a["page"] == 2 and a["status"] == 400]
    told(gateway, "warning", "interfaces cannot be listed: InvalidNextToken", timeout=SWEEP)
    assert wait_until(lambda: len(refused()) >= 3, 60), proxy.answers()[before:]
    assert_policy_stays(lab, gateway)
    faults(faults=None)
    told(gateway, "accepted", "over: interfaces cannot be listed", timeout=40)
    assert_policy_stays(lab, gateway)
