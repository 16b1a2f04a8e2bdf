"""Asks the gateway's endpoint with boto3, as a program of a user would; run beside the gateway.

    python boto_session.py ENDPOINT [tail]

Prints one JSON object with what was found; tests/e2e/test_logs_api.py judges it. With `tail` it
opens a live tail, prints a line once it stands, and then the first message that comes.
"""
import json
import sys
import time

import boto3
import botocore.config
import botocore.exceptions

GROUP, STREAM = "/app/orders", "worker-1"
MESSAGES = ["plain", '{"level":"error","n":1}', "two\nlines", "ü €  \u2028 🦊", ' {"time": "x"}',
            "tab\tand \"quotes\" and \\", '{"time":"2026-11-22T00:00:00.000Z"}']


def connect(endpoint):
    return boto3.client(
        "logs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="unused",
        config=botocore.config.Config(inject_host_prefix=False, retries={"max_attempts": 1}))


def error_of(call, **parameters):
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "no error"


def pages(client, operation, key, **parameters):
    found = []
    for page in client.get_paginator(operation).paginate(**parameters):
        found += page[key]
    return found


def query(client, group, text):
    now = int(time.time())
    begun = client.start_query(logGroupName=group, startTime=now - 7200, endTime=now + 60,
                               queryString=text)
    while True:
        answer = client.get_query_results(queryId=begun["queryId"])
        if answer["status"] not in ("Scheduled", "Running"):
            return answer
        time.sleep(0.1)


def session(client):
    for existing in pages(client, "describe_log_groups", "logGroups"):
        if existing["logGroupName"] == GROUP:
            client.delete_log_group(logGroupName=GROUP)
    client.create_log_group(logGroupName=GROUP)
    client.put_retention_policy(logGroupName=GROUP, retentionInDays=30)
    client.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    now = int(time.time() * 1000)
    events = [{"timestamp": now - 1000 + i, "message": text} for i, text in enumerate(MESSAGES)]
    client.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=events)
    own = {"logGroupName": "DiscrimiNAT", "logStreamNames": ["flow"]}
    small = pages(client, "filter_log_events", "events", PaginationConfig={"PageSize": 3}, **own)
    head = client.get_log_events(logGroupName=GROUP, logStreamName=STREAM, startFromHead=True,
                                 limit=2)
    rest = client.get_log_events(logGroupName=GROUP, logStreamName=STREAM, startFromHead=True,
                                 nextToken=head["nextForwardToken"])
    end = client.get_log_events(logGroupName=GROUP, logStreamName=STREAM, startFromHead=True,
                                nextToken=rest["nextForwardToken"])
    rows = query(client, "DiscrimiNAT", "fields dhost | filter cat = 'client' | limit 1")
    pointer = [c["value"] for c in rows["results"][0] if c["field"] == "@ptr"][0]
    return {
        "groups": [g["logGroupName"] for g in pages(client, "describe_log_groups", "logGroups")],
        "retention": [g.get("retentionInDays") for g in pages(
            client, "describe_log_groups", "logGroups", logGroupNamePrefix=GROUP)],
        "streams": sorted(s["logStreamName"] for s in pages(
            client, "describe_log_streams", "logStreams", logGroupName="DiscrimiNAT")),
        "sent": events,
        "got": [{"timestamp": e["timestamp"], "message": e["message"]}
                for e in pages(client, "filter_log_events", "events", logGroupName=GROUP)],
        "head": [e["message"] for e in head["events"] + rest["events"]],
        "at_the_end": end["nextForwardToken"] == rest["nextForwardToken"],
        "flow_by_pages": [e["message"] for e in small],
        "flow_ids": len({e["eventId"] for e in small}),
        "record": client.get_log_record(logRecordPointer=pointer)["logRecord"],
        "row": {c["field"]: c["value"] for c in rows["results"][0]},
        "forged": error_of(client.put_log_events, logGroupName="DiscrimiNAT", logStreamName="flow",
                           logEvents=events[:1]),
        "deleted": error_of(client.delete_log_group, logGroupName="DiscrimiNAT"),
        "missing": error_of(client.filter_log_events, logGroupName="no-such-group"),
        "pattern": error_of(client.filter_log_events, logGroupName=GROUP, filterPattern="{ $.a ="),
        "query": error_of(client.start_query, logGroupName=GROUP, startTime=0, endTime=1,
                          queryString="fields a | frobnicate b"),
        "tested": len(client.test_metric_filter(
            filterPattern='{ $.level = "error" }', logEventMessages=MESSAGES[:2])["matches"]),
    }


def live_tail(client, region="us-east-1"):
    answer = client.start_live_tail(logGroupIdentifiers=[
        f"arn:aws:logs:{region}:000000000000:log-group:DiscrimiNAT"],
        logEventFilterPattern='{ $.dhost = "git.test" }')
    for event in answer["responseStream"]:
        if "sessionStart" in event:
            print("started", flush=True)
        for result in event.get("sessionUpdate", {}).get("sessionResults", []):
            print(result["message"], flush=True)
            return


if __name__ == "__main__":
    logs = connect(sys.argv[1])
    if sys.argv[2:] == ["tail"]:
        live_tail(logs)
    else:
        print(json.dumps(session(logs)))
