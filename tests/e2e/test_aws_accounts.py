"""Clients and groups of a second account, which the gateway reads by a role that it assumes.

moto keeps accounts apart by the credentials, and gives those of an assumed role; it knows no shared
VPC, so the second account has a VPC of its own.
"""
import json

import pytest

from kit import cloud as c
from kit import zone as z
from kit.gateway import Config
from kit.netns import wait_until

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/discriminat-read"
ASSUMED = "ASIA"  # begins the access key ids of roles
SEEN = 60  # seconds: a group in use is read every 20
OVER = 120


@pytest.fixture(scope="module")
def cloud(bare_cloud):
    made = bare_cloud
    made.web = made.group("web", "discriminat:tls:allowed.test")
    made.c1 = made.interface(z.CLIENTS["c1"], made.web)
    return made


@pytest.fixture(scope="module")
def other(cloud):
    made = cloud.account(ROLE)
    made.data = made.group("data", "discriminat:tls:second.test")
    made.c2 = made.interface(z.CLIENTS["c2"], made.data)
    assert made.vpc != cloud.vpc
    return made


@pytest.fixture(scope="module")
def proxy(lab, cloud):
    made = c.FaultProxy(lab)
    yield made
    made.close()


@pytest.fixture(scope="module")
def module_gateway(lab, product, cloud, other, proxy):
    config = Config({}, {}, gateway={"source": "aws"},
                    aws={"region": c.REGION, "vpcs": [cloud.vpc, other.vpc], "ship_logs": False,
                         "roles": [ROLE], "role_external_id": "lab"})
    made = lab.gateway(config, env={**c.ENVIRONMENT, "AWS_ENDPOINT_URL": proxy.URL})
    yield made
    status = made.stop()
    made.flush()
    assert status == 0, made.output_text()


def fetch(lab, name, client):
    return lab.curl(f"https://{name}/", client=client).status == 0


def show(lab, gateway, proxy):
    return lab.gw.run(gateway.binary, "policy", "show", "--config", gateway.path,
                      env={**c.ENVIRONMENT, "AWS_ENDPOINT_URL": proxy.URL}, timeout=120)


def told(gateway, outcome, text, timeout):
    line = gateway.config_log.wait(timeout, cat="self", outcome=outcome,
                                   reason=lambda reason: text in reason)
    assert line, (text, gateway.config_log.all(), gateway.state_text())


def test_a_client_of_the_other_account_has_the_rules_of_its_groups(lab, gateway, other):
    assert fetch(lab, "second.test", "c2")
    line = gateway.wait_for_flow(dhost="second.test", cat="client", outcome="allowed")
    assert line["reason"].startswith(f"policy:{other.data}:")
    assert not fetch(lab, "allowed.test", "c2"), "a rule of the other account's neighbour"
    assert fetch(lab, "allowed.test", "c1") and not fetch(lab, "second.test", "c1")


def test_a_new_machine_of_the_other_account_is_known_at_its_first_packet(lab, gateway, other):
    other.interface(z.CLIENTS["stranger"], other.data)
    gateway.flow.skip()
    assert fetch(lab, "second.test", "stranger"), gateway.state_text()
    assert not gateway.flow.all(src=z.CLIENTS["stranger"], outcome="disallowed")


def test_policy_show_reads_the_same_accounts(lab, gateway, proxy, cloud, other):
    shown = show(lab, gateway, proxy)
    assert shown.status == 0, shown.text
    policy = json.loads(shown.text)
    assert policy["problems"] == []
    assert {(client["client"], tuple(client["groups"])) for client in policy["clients"]} == {
        (z.CLIENTS["c1"], (cloud.web,)), (z.CLIENTS["c2"], (other.data,)),
        (z.CLIENTS["stranger"], (other.data,))}


def test_a_rule_of_the_other_account_is_taken_in(lab, gateway, other):
    other.allow(other.data, "discriminat:tls:git.test")
    assert gateway.config_log.wait(SEEN, cat="addr", outcome="accepted", addr="git.test",
                                   gid=other.data), gateway.state_text()
    assert wait_until(lambda: fetch(lab, "git.test", "c2"), 10), gateway.state_text()


def test_the_policy_stays_while_the_role_is_refused(lab, gateway, proxy, cloud):
    """Its credentials have expired, and STS gives no others; own rules are read on."""
    expired = {"signer": ASSUMED, "error": [400, "ExpiredToken"]}
    proxy.change(faults={"AssumeRole": {"error": [403, "AccessDenied"]},
                         "DescribeNetworkInterfaces": expired, "DescribeSecurityGroups": expired})
    why = f"ExpiredToken: account {ACCOUNT}: by order of a test"
    told(gateway, "warning", f"security groups cannot be listed: {why}", SEEN)
    refused = [a for a in proxy.answers() if a["operation"] == "AssumeRole" and a["status"] == 403]
    assert refused, "others were asked for"
    cloud.allow(cloud.web, "discriminat:tls:big.test")
    assert gateway.config_log.wait(SEEN, cat="addr", outcome="accepted", addr="big.test",
                                   gid=cloud.web), gateway.state_text()
    told(gateway, "warning", f"interfaces cannot be listed: {why}", SEEN + 30)
    assert fetch(lab, "second.test", "c2") and fetch(lab, "allowed.test", "c1")
    assert gateway.health() == 200
    assert not gateway.config_log.all(cat="client", outcome="removed")
    shown = show(lab, gateway, proxy)
    assert shown.status == 2, shown.text
    assert (f"account {ACCOUNT}: the role {ROLE} cannot be assumed: AccessDenied"
            in shown.text), shown.text


def test_it_recovers_when_the_role_is_granted_again(lab, gateway, proxy, other):
    proxy.change(faults=None)
    other.withdraw(other.data, "discriminat:tls:git.test")
    for what in ("security groups", "interfaces"):
        told(gateway, "accepted", f"over: {what} cannot be listed", OVER)
    assert gateway.config_log.wait(SEEN, cat="addr", outcome="removed", addr="git.test",
                                   gid=other.data), gateway.state_text()
    assert not fetch(lab, "git.test", "c2")
    assert fetch(lab, "second.test", "c2")
