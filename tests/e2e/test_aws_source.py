"""The policy from Security Groups: what an operator does with `aws` happens at the gateway."""
import json
import re
import shlex
from pathlib import Path

import pytest

from kit import cloud as c
from kit import zone as z
from kit.gateway import Config
from kit.netns import wait_until

SEEN = 60  # seconds: a group in use is read every 20
LONGEST = 240  # an interface that is gone is believed after two sweeps


@pytest.fixture(scope="module")
def cloud(bare_cloud):
    made = bare_cloud
    made.names = made.parameter("DiscrimiNAT-names", "git.test # a comment\nbig.test\n")
    made.parameter("DiscrimiNAT_lab", '{"%default": {"wildcard_exposure": "none"}}')
    made.web = made.group("web", "discriminat:tls:allowed.test,*.wild.test",
                          f"discriminat:tls:{made.names}")
    made.c1 = made.interface(z.CLIENTS["c1"], made.web)
    return made


@pytest.fixture(scope="module")
def module_gateway(lab, product, cloud):
    config = Config({}, {}, gateway={"source": "aws"},
                    aws={"region": c.REGION, "vpcs": [cloud.vpc], "deployment_id": "lab",
                         "metrics": True})
    made = lab.gateway(config, env=c.ENVIRONMENT)
    yield made
    status = made.stop()
    made.flush()
    assert status == 0, made.output_text()


def fetch(lab, name, client="c1"):
    return lab.curl(f"https://{name}/", client=client).status == 0


def test_groups_lists_and_preferences_are_in_force_when_it_is_healthy(lab, gateway, cloud):
    assert fetch(lab, "allowed.test")
    assert fetch(lab, "git.test"), "by the external list"
    assert not fetch(lab, "second.test")
    line = gateway.wait_for_flow(dhost="allowed.test", cat="client", outcome="allowed")
    assert line["reason"].startswith(f"policy:{cloud.web}:")
    rejected = [r for r in gateway.config_log.read() if r["outcome"] == "rejected"]
    assert [(r["cat"], r["gid"], r["addr"]) for r in rejected] == [
        ("wildcard-addr", cloud.web, "*.wild.test")], "the preference prohibits it"


def test_the_config_log_says_what_was_taken_in(gateway, cloud):
    """Exactly, but for time and instance."""
    lines = [{k: v for k, v in r.items() if k not in ("time", "instance", "_line", "reason")}
             for r in gateway.config_log.read() if r["cat"] in ("client", "addr")
             and r["outcome"] == "accepted"]
    names = ["allowed.test", "git.test", "big.test"]  # as the rules name them
    assert {"cat": "client", "outcome": "accepted", "client": z.CLIENTS["c1"],
            "gid": cloud.web} in lines
    assert [r["addr"] for r in lines if r["cat"] == "addr"] == names
    assert all(r["proto"] == "tls" and r["gid"] == cloud.web for r in lines if r["cat"] == "addr")


def show(lab, gateway, *words):
    return lab.gw.run(gateway.binary, "policy", "show", "--config", gateway.path, *words,
                      env=c.ENVIRONMENT, timeout=120)


def test_policy_show_says_what_the_gateway_took_in(lab, gateway, cloud):
    shown = show(lab, gateway)
    assert shown.status == 0, shown.text
    policy = json.loads(shown.text)
    assert policy["source"] == "aws" and policy["problems"] == []
    assert policy["preferences"]["wildcard_exposure"] == "none"
    assert {"client": z.CLIENTS["c1"], "where": cloud.c1, "groups": [cloud.web],
            "see_thru": None} in policy["clients"]
    [group] = [group for group in policy["groups"] if group["gid"] == cloud.web]
    members = [(m["proto"], m["member"], m["outcome"]) for rule in group["rules"]
               for m in rule["members"]]
    assert sorted(members) == [
        ("tls", "*.wild.test", "rejected"), ("tls", "allowed.test", "accepted"),
        ("tls", "big.test", "accepted"), ("tls", "git.test", "accepted")]
    assert [rule["ports"] for rule in group["rules"]] == ["443", "443"]
    assert show(lab, gateway, "--client", z.CLIENTS["c1"]).status == 0
    assert show(lab, gateway, "--client", z.CLIENTS["stranger"]).status == 1


def test_check_does_not_blame_a_file_whose_policy_is_in_the_cloud(lab, gateway):
    checked = lab.gw.run(gateway.binary, "check", "--strict", gateway.path)
    assert checked.status == 0, checked.text
    assert "the policy is read from the cloud" in checked.text


def test_a_rule_that_is_added_allows_and_one_that_is_withdrawn_ends_what_lives(
        lab, gateway, cloud):
    assert not fetch(lab, "second.test")
    cloud.allow(cloud.web, "discriminat:tls:second.test")
    assert gateway.config_log.wait(SEEN, cat="addr", outcome="accepted", addr="second.test",
                                   gid=cloud.web), gateway.state_text()
    assert wait_until(lambda: fetch(lab, "second.test"), 10), gateway.state_text()
    download = lab.c1.start(
        "curl", "-sS", "--max-time", "120", "--cacert", lab.certificates.ca, "-o", "/dev/null",
        "--limit-rate", "1k", "https://second.test/large", log="download.log")
    gateway.wait_for_flow(dhost="second.test", cat="server", outcome="allowed")
    cloud.withdraw(cloud.web, "discriminat:tls:second.test")
    assert gateway.config_log.wait(SEEN, cat="addr", outcome="removed", addr="second.test")
    assert wait_until(lambda: download.poll() is not None, 10), "the rule is gone"
    assert not fetch(lab, "second.test")
    assert fetch(lab, "allowed.test"), "its neighbours stay"


def test_a_new_machine_is_known_at_its_first_packet(lab, gateway, cloud):
    cloud.interface(z.CLIENTS["c2"], cloud.web)
    gateway.flow.skip()
    assert fetch(lab, "allowed.test", client="c2"), gateway.state_text()
    assert not gateway.flow.all(src=z.CLIENTS["c2"], outcome="disallowed")


def test_a_stranger_is_refused_with_its_own_reason(lab, gateway):
    assert not fetch(lab, "allowed.test", client="stranger")
    gateway.wait_for_flow(src=z.CLIENTS["stranger"], outcome="disallowed", reason="client-unknown")


def test_the_policy_stays_while_the_cloud_is_away(lab, gateway, cloud):
    cloud.cut()
    try:
        assert gateway.config_log.wait(SEEN, cat="self", outcome="warning", reason=lambda text:
                                       "security groups cannot be listed" in text)
        assert fetch(lab, "allowed.test")
        assert gateway.health() == 200
        shown = show(lab, gateway)
        assert shown.status == 2 and "interfaces cannot be listed" in shown.text, shown.text
    finally:
        cloud.join()
    assert gateway.config_log.wait(SEEN + 30, cat="self", outcome="accepted", reason=lambda text:
                                   "over: security groups cannot be listed" in text)
    assert fetch(lab, "allowed.test")


def arrived(cloud, stream):
    found = cloud.aws("logs", "filter-log-events", "--log-group-name", "DiscrimiNAT",
                      "--log-stream-names", stream)
    return [event["message"] for event in found["events"]]


def test_every_line_arrives_at_cloudwatch(gateway, cloud):
    for stream, log in (("flow", gateway.flow), ("config", gateway.config_log)):
        lines = [r["_line"] for r in log.read()]
        assert wait_until(lambda: set(lines) <= set(arrived(cloud, stream)),  # noqa: B023
                          30), stream


def test_the_status_tells_what_was_read_and_shipped(gateway, cloud):
    def told():
        return json.loads((gateway.state_path / "status.json").read_text())["aws"]
    assert wait_until(lambda: told()["problems"] == 0, 30), told()
    assert told()["region"] == c.REGION and told()["interfaces"] == 2
    # The status is as old as two seconds; the cloud was away a moment ago.
    assert wait_until(lambda: not told()["shipped"]["flow"]["failing"], 5), told()
    assert told()["shipped"]["flow"]["lines"] > 0


def test_a_machine_that_is_gone_is_no_client_any_more(lab, gateway, cloud):
    cloud.aws("ec2", "delete-network-interface", "--network-interface-id", cloud.c1)
    assert gateway.config_log.wait(LONGEST, cat="client", outcome="removed",
                                   client=z.CLIENTS["c1"]), gateway.state_text()
    assert not fetch(lab, "allowed.test")


def test_cloudwatch_gets_the_numbers_of_each_minute(lab, gateway, cloud):
    """The last test: the minutes have passed in those before."""
    allowed = [r for r in gateway.flow.read() if (r["cat"], r["outcome"]) == ("client", "allowed")]
    assert allowed

    def minutes():
        return [json.loads(line) for line in arrived(cloud, "metrics")]
    assert wait_until(lambda: sum(m["ConnectionsAllowed"] for m in minutes()) == len(allowed),
                      LONGEST), minutes()
    for minute in minutes():
        [directive] = minute["_aws"]["CloudWatchMetrics"]
        assert directive["Dimensions"] == [["instance"], ["deployment"]]
        assert minute["deployment"] == "lab" and minute["instance"] == allowed[0]["instance"]
        assert all(isinstance(minute[m["Name"]], (int, float)) for m in directive["Metrics"])
        assert minute["Healthy"] == 1
    kept = lab.gw.run(gateway.binary, "logs", "metrics", "--config", gateway.path)
    assert [json.loads(line) for line in kept.text.splitlines()] == minutes()


def test_the_alarm_of_the_documents_is_one(cloud):
    page = (Path(__file__).resolve().parents[2] / "docs/aws-quick-start.md").read_text()
    [command] = re.findall(r"^aws (cloudwatch put-metric-alarm (?:.*\\\n)*.*)$", page, re.MULTILINE)
    cloud.aws(*shlex.split(command.replace("\\\n", " ")))
    [alarm] = cloud.aws("cloudwatch", "describe-alarms")["MetricAlarms"]
    [minute, *_] = [json.loads(line) for line in arrived(cloud, "metrics")]
    [directive] = minute["_aws"]["CloudWatchMetrics"]
    assert alarm["Namespace"] == directive["Namespace"]
    assert alarm["MetricName"] in {m["Name"] for m in directive["Metrics"]}
    assert [[d["Name"] for d in alarm["Dimensions"]]] == directive["Dimensions"][1:]
