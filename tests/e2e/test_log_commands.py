"""The log commands beside a running gateway: on its store, and on its endpoint."""
import json

import pytest

from kit import aws_cli, zone as z
from kit.gateway import default_config

SEE_THRU = "sg-00replaceme00"


def CONFIG():
    config = default_config()
    config.groups[SEE_THRU] = [("discriminat:see-thru:2999-12-31", 443)]
    config.clients[z.CLIENTS["c2"]] = ["sg-other", SEE_THRU]
    return config


@pytest.fixture(scope="module")
def traffic(lab, module_gateway):
    assert lab.curl("https://allowed.test/").ok
    assert not lab.curl("https://unlisted.test/").ok
    for name in ("allowed.test", "git.test", "second.test"):
        assert lab.curl(f"https://{name}/", client="c2").ok
    assert "reached by ssh" in lab.ssh("ssh.test", client="c2").text
    module_gateway.pause_until_quiet()


@pytest.fixture(params=["store", "endpoint"])
def command(request, lab, gateway, traffic):
    """Runs a command where the logs are: the directory, or the gateway's endpoint."""
    place = {"store": ["--store", gateway.state_dir],
             "endpoint": ["--endpoint-url", aws_cli.ENDPOINT]}[request.param]

    def run(*words):
        return lab.gw.run(gateway.binary, *words, *place, env=aws_cli.CREDENTIALS)
    return run


def test_logs_prints_the_lines_as_they_were_written(gateway, command):
    shown = command("logs", "flow", "--json", "--filter", '{ $.outcome = "disallowed" }')
    assert shown.status == 0, shown.text
    refused = [r["_line"] for r in gateway.flow.read() if r["outcome"] == "disallowed"]
    assert refused and shown.text.splitlines() == refused


def test_logs_explains_a_pattern_that_is_none(command):
    shown = command("logs", "flow", "--filter", "{ $.outcome = }")
    assert shown.status == 2 and "Invalid character(s) in term" in shown.text, shown.text


def test_query_counts_what_the_log_holds(gateway, command):
    shown = command("query", 'filter @logStream = "flow" and cat = "client" '
                    "| stats count() as n by outcome", "--output", "json")
    assert shown.status == 0, shown.text
    counted = {row["outcome"]: int(row["n"]) for row in json.loads(shown.text)}
    lines = [r["outcome"] for r in gateway.flow.read() if r["cat"] == "client"]
    assert counted == {outcome: lines.count(outcome) for outcome in set(lines)}


def test_query_points_at_the_mistake(command):
    shown = command("query", "fields dhost | frobnicate src")
    assert shown.status == 2 and "frobnicate" in shown.text and "^" in shown.text, shown.text


def test_allowlist_gives_rules_that_the_gateway_takes(lab, gateway, command, tmp_path):
    shown = command("allowlist", "--gid", SEE_THRU, "--format", "json")
    assert shown.status == 0, shown.text
    answer = json.loads(shown.text)
    text = json.dumps(answer)
    for name in ("allowed.test", "git.test"):
        assert name in text
    assert "second.test" not in text  # a rule of the client allows it already
    rules = command("allowlist", "--gid", SEE_THRU)
    assert "discriminat:tls:allowed.test,git.test" in rules.text, rules.text


def test_replay_says_what_a_stricter_policy_would_refuse(lab, gateway, command, tmp_path):
    path = tmp_path / "stricter.toml"
    config = gateway.config.copy()
    del config.groups[SEE_THRU]
    config.clients[z.CLIENTS["c2"]] = ["sg-other"]
    path.write_text(config.text(tmp_path))
    shown = command("replay", "--policy", path)
    assert shown.status == 1 and "git.test" in shown.text, shown.text
    path.write_text(gateway.config.text(tmp_path))
    assert command("replay", "--policy", path).status == 0


def test_a_copy_of_the_log_answers_like_the_log(lab, gateway, traffic, tmp_path):
    exported = lab.gw.run("bash", "-c", f"{aws_cli.DEBIAN} --endpoint-url {aws_cli.ENDPOINT} logs "
                          f"filter-log-events --log-group-name DiscrimiNAT --log-stream-names flow "
                          f"> {tmp_path}/events.json", env=aws_cli.CREDENTIALS)
    assert exported.status == 0, exported.text
    taken = lab.gw.run(gateway.binary, "import", "--store", tmp_path / "copy",
                       tmp_path / "events.json")
    assert taken.status == 0, taken.text
    shown = lab.gw.run(gateway.binary, "logs", "flow", "--json", "--store", tmp_path / "copy")
    assert shown.text.splitlines() == [r["_line"] for r in gateway.flow.read()]
