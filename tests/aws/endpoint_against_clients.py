#!/usr/bin/python3
"""`discriminat serve` against the clients people have: boto3 and the `aws` command line.

Four servers: plain and TLS, without keys and with. Each is asked to make a group, take events, find
them by a filter pattern and by an Insights query, and tail them; wrong keys and untrusted
certificates are refused. Programs run at most once per server, since each start of `aws` takes a
second.

usage: endpoint_against_clients.py DISCRIMINAT; prints `skipped: …` where boto3 or aws is missing.
"""
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import ClientError, SSLError
except ImportError as error:
    print(f"skipped: boto3 is not installed ({error})")
    sys.exit(0)

AWS = "/usr/bin/aws"  # version 2; version 1 knows no `logs tail`
KEY, SECRET = "LOCALKEY", "c2VjcmV0+/="
EVENTS = [{"cat": "client", "dhost": f"h{i % 3}.example", "n": i} for i in range(30)]
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and "proxy" not in k}


@contextlib.contextmanager
def serve(program, folder, *options):
    """The address of a server of its own."""
    command = [program, "serve", "--store", folder, "--listen", "127.0.0.1:0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = server.stderr.readline()
            match = re.search(r"(https?)://127\.0\.0\.1:(\d+)$", line.strip())
            assert match, line + server.stderr.read()
            yield f"{match[1]}://127.0.0.1:{match[2]}"
        finally:
            server.send_signal(signal.SIGTERM)
            status = server.wait(timeout=20)
    assert status == 0, f"serve ended with {status}"


def make_certificate(folder):
    certificate, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return str(certificate), str(key)


def client(url, keys, certificate, secret=SECRET, region="eu-west-1"):
    config = Config(retries={"max_attempts": 1, "mode": "standard"},
                    **({} if keys else {"signature_version": UNSIGNED}))
    return boto3.client("logs", endpoint_url=url, region_name=region, config=config,
                        aws_access_key_id=KEY, aws_secret_access_key=secret,
                        verify=certificate if certificate else None)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError(f"{call} was not refused")


def check_boto3(logs):
    logs.create_log_group(logGroupName="app")
    refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="web")
    now = int(time.time() * 1000)
    events = [{"timestamp": now + i, "message": json.dumps(e)} for i, e in enumerate(EVENTS)]
    logs.put_log_events(logGroupName="app", logStreamName="web", logEvents=events)
    groups = logs.describe_log_groups()["logGroups"]
    assert "app" in [g["logGroupName"] for g in groups], groups
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName="app", filterPattern='{ $.dhost = "h1.*" }',
        PaginationConfig={"PageSize": 3})
    found = [json.loads(e["message"]) for page in pages for e in page["events"]]
    assert found == [e for e in EVENTS if e["dhost"] == "h1.example"], found
    refused("ResourceNotFoundException", logs.filter_log_events, logGroupName="none")
    started = logs.start_query(logGroupName="app", startTime=now // 1000 - 60,
                               endTime=now // 1000 + 60,
                               queryString="stats count() as c by dhost | sort dhost")
    deadline = time.monotonic() + 30
    while (answer := logs.get_query_results(**{"queryId": started["queryId"]}))["status"] in (
            "Running", "Scheduled"):
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)
    rows = [{c["field"]: c["value"] for c in row} for row in answer["results"]]
    assert rows == [{"dhost": f"h{i}.example", "c": "10"} for i in range(3)], rows


def check_refusals(url, keys, certificate):
    if keys:
        refused("InvalidSignatureException",
                client(url, keys, certificate, secret="wrong").describe_log_groups)
        refused("MissingAuthenticationTokenException",
                client(url, False, certificate).describe_log_groups)
    if certificate:
        try:
            client(url, keys, None).describe_log_groups()
        except SSLError:
            return
        raise AssertionError("an untrusted certificate was accepted")


def check_aws(url, certificate):
    environment = dict(CLEAN, AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET,
                       AWS_DEFAULT_REGION="eu-west-1", AWS_PAGER="", LC_ALL="C.UTF-8")
    if certificate:
        environment["AWS_CA_BUNDLE"] = certificate
    done = subprocess.run([AWS, "--endpoint-url", url, "logs", "tail", "app", "--format", "short",
                           "--filter-pattern", "{ $.n < 3 }"], env=environment, text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 1)[1] for line in done.stdout.splitlines()]
    assert [json.loads(line) for line in lines] == EVENTS[:3], done.stdout


def main():
    if not Path(AWS).exists():
        print(f"skipped: {AWS}, the aws command line of Debian, is not installed")
        return 0
    os.environ.clear()
    os.environ.update(CLEAN)
    with tempfile.TemporaryDirectory(prefix="dn-endpoint-") as folder:
        certificate, key = make_certificate(folder)
        keys_file = Path(folder, "keys")
        keys_file.touch(mode=0o600)
        keys_file.write_text(f"# ours\n{KEY} {SECRET}\n")
        for number, (tls, keys) in enumerate([(False, False), (False, True), (True, False),
                                              (True, True)]):
            options = ["--tls-certificate", certificate, "--tls-key", key] if tls else []
            options += ["--credentials-file", str(keys_file)] if keys else []
            trusted = certificate if tls else None
            with serve(sys.argv[1], str(Path(folder, f"store{number}")), *options) as url:
                check_boto3(client(url, keys, trusted))
                check_refusals(url, keys, trusted)
                check_aws(url, trusted)
            print(f"good: {'TLS' if tls else 'plain'}, {'with' if keys else 'without'} keys")
    return 0


if __name__ == "__main__":
    sys.exit(main())
