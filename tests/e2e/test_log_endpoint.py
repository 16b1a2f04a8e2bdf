"""The gateway's own log endpoint, asked as a cloud's would be, after privileges were dropped."""
import http.client
import json
import re
import socket
import time

from kit.gateway import Gateway, default_config
from kit.netns import wait_until


def ask(gateway, operation, host="127.0.0.1:1043", **fields):
    """(status, answer) of one operation, unsigned, from the gateway's host."""
    with gateway.lab.gw.entered():
        sock = socket.create_connection(("127.0.0.1", 1043), timeout=30)
    connection = http.client.HTTPConnection(host)
    connection.sock = sock
    try:
        connection.request("POST", "/", json.dumps(fields).encode(), {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"Logs_20140328.{operation}"})
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body else {}
    finally:
        connection.close()


def test_flow_lines_are_found_by_a_filter_pattern(lab, gateway):
    lab.curl("https://unlisted.test/")
    line = gateway.wait_for_flow(dhost="unlisted.test", outcome="disallowed")

    def found():
        status, answer = ask(gateway, "FilterLogEvents", logGroupName="DiscrimiNAT",
                             logStreamNames=["flow"],
                             filterPattern='{ $.dhost = "unlisted.test" && $.cat = "client" }')
        assert status == 200, answer
        return line["_line"] in [event["message"] for event in answer["events"]]
    assert wait_until(found, 5)


def test_an_insights_query_counts_flow_lines(lab, gateway):
    lab.curl("https://allowed.test/")
    gateway.wait_for_flow(dhost="allowed.test", cat="client", outcome="allowed")
    now = int(time.time())
    status, started = ask(gateway, "StartQuery", logGroupName="DiscrimiNAT", startTime=now - 600,
                          endTime=now + 60, queryString='filter dhost = "allowed.test" and '
                          'cat = "client" | stats count() as lines by outcome')
    assert status == 200, started
    answers = []

    def complete():
        answers.append(ask(gateway, "GetQueryResults", queryId=started["queryId"])[1])
        return answers[-1]["status"] == "Complete"
    assert wait_until(complete, 10), answers[-1]
    rows = [{c["field"]: c["value"] for c in row} for row in answers[-1]["results"]]
    assert rows and rows[0]["outcome"] == "allowed" and int(rows[0]["lines"]) >= 1, rows


def test_clients_write_to_groups_of_their_own_but_not_to_the_gateways_streams(gateway):
    assert ask(gateway, "CreateLogGroup", logGroupName="app")[0] == 200
    assert ask(gateway, "CreateLogStream", logGroupName="app", logStreamName="s")[0] == 200
    events = [{"timestamp": int(time.time() * 1000), "message": "hello"}]
    assert ask(gateway, "PutLogEvents", logGroupName="app", logStreamName="s",
               logEvents=events)[0] == 200
    status, answer = ask(gateway, "FilterLogEvents", logGroupName="app")
    assert [e["message"] for e in answer["events"]] == ["hello"], answer
    status, answer = ask(gateway, "PutLogEvents", logGroupName="DiscrimiNAT",
                         logStreamName="flow", logEvents=events)
    assert status == 400 and answer["__type"], answer


def test_web_pages_and_other_names_are_refused(gateway):
    status, answer = ask(gateway, "DescribeLogGroups", host="rebound.test:1043")
    assert (status, answer["__type"]) == (403, "AccessDeniedException")


def test_the_threads_that_talk_to_clients_have_dropped_what_they_do_not_need(gateway):
    """The endpoint's threads start last: whatever thread has the fewest rights is among them."""
    pid = gateway.child.pid
    tasks = gateway.lab.gw.sh("sh", "-c", f"cat /proc/{pid}/task/*/status")
    filters = re.findall(r"Seccomp:\s+(\d)", tasks)
    capabilities = [int(x, 16) for x in re.findall(r"CapEff:\s+(\w+)", tasks)]
    kept = 1 << 12 | 1 << 13  # CAP_NET_ADMIN, CAP_NET_RAW
    dropped = [c for c, f in zip(capabilities, filters) if c & ~kept == 0 and f == "2"]
    assert len(dropped) >= 7, tasks  # main, I/O, four workers, the store's keeper


# The last one: its gateway takes the kernel's rules away from the module's.
def test_a_taken_port_ends_the_start_with_advice(lab):
    with lab.gw.entered():
        other = socket.socket()
    with other:
        other.bind(("127.0.0.1", 1099))
        other.listen()
        config = default_config()
        config.api = {"listen": "127.0.0.1:1099"}
        config.gateway = {"queue_base": 2040, "health_port": 2042}
        second = Gateway(lab, config)
        try:
            second.write()
            second.launch()
            assert wait_until(lambda: not second.alive, 30), second.output_text()
        finally:
            second.flush()
    assert second.child.returncode == 4, second.output_text()
    assert "Address already in use" in second.output_text()
    assert "section [api]" in second.output_text()
