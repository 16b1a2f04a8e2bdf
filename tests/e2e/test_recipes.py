"""The recipes that users know, verbatim, on the gateway's own endpoint with the real clients.

Both generations of the program are asked, where they are installed.
"""
import json

import pytest

from kit import aws_cli, zone as z
from kit.gateway import default_config
from kit.netns import wait_until

SEE_THRU = "sg-00replaceme00"
INSIGHTS = f"""filter see_thru_exerted AND see_thru_gid = "{SEE_THRU}"
| stats count() by see_thru_exerted, see_thru_gid, dhost, proto, dpt"""


def CONFIG():
    config = default_config()
    config.groups[SEE_THRU] = [("discriminat:see-thru:2999-12-31", 443)]
    config.groups["sg-past"] = [("discriminat:see-thru:2022-1-1", 443)]
    config.clients[z.CLIENTS["c1"]] = ["sg-web", "sg-past"]
    config.clients[z.CLIENTS["c2"]] = ["sg-other", SEE_THRU]
    return config


@pytest.fixture(params=aws_cli.PROGRAMS)
def shell(request, lab, tmp_path):
    program = aws_cli.find_program(request.param)
    if program is None:
        pytest.skip("only one aws program is installed")
    return aws_cli.make_shell(lab.gw, program, tmp_path)


@pytest.fixture(scope="module")
def traffic(lab, module_gateway):
    """What an application of each group does."""
    assert lab.curl("https://allowed.test/").ok
    assert not lab.curl("https://unlisted.test/").ok
    for _ in range(3):
        assert lab.curl("https://allowed.test/", client="c2").ok
    assert lab.curl("https://git.test/", client="c2").ok
    assert lab.curl("https://second.test/", client="c2").ok
    assert "reached by ssh" in lab.ssh("ssh.test", client="c2").text
    assert lab.curl("http://plain.test/", client="c2").ok
    module_gateway.pause_until_quiet()


def lines_of(outcome):
    assert outcome.status == 0, outcome.text
    return json.loads(outcome.text)


def filtered(shell, pattern):
    answer = lines_of(shell("aws logs filter-log-events --output json --log-group-name "
                            "DiscrimiNAT --log-stream-names flow --filter-pattern \"$PATTERN\"",
                            PATTERN=pattern))
    return [json.loads(event["message"]) for event in answer["events"]]


def test_collecting_what_see_thru_let_through(lab, gateway, traffic, shell, tmp_path):
    collected = shell(aws_cli.COLLECT, SECURITY_GROUP_ID=SEE_THRU)
    assert collected.status == 0, collected.text
    lines = json.loads((tmp_path / "frequency-fqdns.json").read_text())
    assert {line["see_thru_gid"] for line in lines} == {SEE_THRU}
    names = [line["dhost"] for line in lines if line["cat"] == "client"]
    assert names.count("allowed.test") == 3 and "second.test" not in names
    counted = shell(aws_cli.COUNT)
    assert counted.status == 0, counted.text
    ranked = counted.text.strip().split(",")
    assert ranked[0] == "allowed.test" and {"git.test", "plain.test"} <= set(ranked)


def test_a_missing_group_id_is_a_clear_mistake(lab, gateway, traffic, shell):
    refused = shell(aws_cli.COLLECT)
    assert refused.status != 0 and "InvalidParameterException" in refused.text, refused.text


def query(shell, text):
    """start-query, then get-query-results until it is complete."""
    begun = lines_of(shell(
        "aws logs start-query --log-group-name DiscrimiNAT --start-time "
        "$(date --date '2 hours ago' +%s) --end-time $(date +%s) --query-string \"$QUERY\"",
        QUERY=text))
    done = []

    def complete():
        answer = lines_of(shell(f"aws logs get-query-results --query-id {begun['queryId']}"))
        done.append(answer)
        return answer["status"] == "Complete"
    assert wait_until(complete, 30, 0.2), done[-1]
    return done[-1]


def test_the_insights_query_groups_what_see_thru_let_through(lab, gateway, traffic, shell):
    answer = query(shell, INSIGHTS)
    rows = [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
    assert all(row["see_thru_exerted"] == "1" and row["see_thru_gid"] == SEE_THRU for row in rows)
    clients = {(row["dhost"], row["proto"], row["dpt"]): row["count()"] for row in rows}
    assert clients["allowed.test", "tls", "443"] == "3"
    assert clients["ssh.test" if ("ssh.test", "ssh", "22") in clients else "198.51.100.15", "ssh",
                   "22"]
    assert [cell["field"] for cell in answer["results"][0]] == [
        "see_thru_exerted", "see_thru_gid", "dhost", "proto", "dpt", "count()"]
    assert answer["statistics"]["recordsScanned"] >= answer["statistics"]["recordsMatched"] > 0


PATTERNS = {
    '{ $.outcome = "disallowed" }': lambda r: r["outcome"] == "disallowed",
    '{ $.outcome = "allowed" && $.proto != "tls" }':
        lambda r: r["outcome"] == "allowed" and r["proto"] != "tls",
    '{ $.cat = "client" && $.src = "10.0.1.11" && $.dhost != "api.github.com" }':
        lambda r: r["cat"] == "client" and r["src"] == "10.0.1.11",
    "{ $.see_thru_days_remaining <= 2 }": lambda r: r.get("see_thru_days_remaining", 3) <= 2,
    '{ $.see_thru_exerted is true && $.dhost != "ec2-instance-connect.*" }':
        lambda r: r.get("see_thru_exerted") is True,
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_filter_pattern_of_the_guides(pattern, lab, gateway, traffic, shell):
    found = filtered(shell, pattern)
    wanted = [record for record in gateway.flow.read() if PATTERNS[pattern](record)]
    assert found == [json.loads(record["_line"]) for record in wanted] and found
