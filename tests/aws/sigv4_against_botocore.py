#!/usr/bin/python3
"""Our signer and verifier against botocore's signer, on a generated set of requests.

Each request is signed by both, and the headers must be equal; then ours verifies botocore's, and
refuses it once one byte of it is changed. Queries are encoded as clients send them, since botocore
signs the query of an address as it stands.

usage: sigv4_against_botocore.py SIGN_REQUESTS; prints `skipped: …` without botocore.
"""
import datetime
import json
import random
import subprocess
import sys
from urllib.parse import quote

try:
    from botocore import auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError as error:
    print(f"skipped: botocore is not installed ({error})")
    sys.exit(0)

REQUESTS = 1500
LETTERS = "abcxyzABCXYZ0189-_.~"
ODD = LETTERS + " /:;,=&?#%+*'\"<>[]{}|äß€"
NAMES = ["Content-Type", "X-Amz-Target", "X-Amz-Meta-A", "X-Amz-Meta-B", "Accept", "Range", "x-A"]


def text(rng, alphabet, most):
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(most + 1)))


def make_request(rng):
    path = "/" + "/".join(quote(text(rng, ODD, 6), safe="-_.~") for _ in range(rng.randrange(4)))
    if rng.random() < 0.2:
        path = path.replace("/", rng.choice(["//", "/./", "/../"]), 1)
    pairs = [(quote(text(rng, ODD, 6) or "k", safe="-_.~"), quote(text(rng, ODD, 6), safe="-_.~"))
             for _ in range(rng.randrange(5))]
    headers = [["Host", rng.choice(["127.0.0.1:1043", "logs.eu-west-1.amazonaws.com", "[::1]:1"])]]
    for name in rng.sample(NAMES, rng.randrange(len(NAMES) + 1)):
        value = text(rng, LETTERS + "  \t,=/", 24)
        headers.append([name, value])
        if rng.random() < 0.1 and name != "X-Amz-Target":  # twice is refused by the verifier
            headers.append([name, text(rng, LETTERS + " ", 8)])
    return {
        "method": rng.choice(["POST", "POST", "GET", "PUT"]),
        "path": path, "query": "&".join(f"{k}={v}" for k, v in pairs), "headers": headers,
        "body": text(rng, ODD, 200), "id": "AKID" + text(rng, "ABC123", 16),
        "secret": text(rng, LETTERS + "/+=", 40),
        "token": rng.choice(["", text(rng, LETTERS, 400)]),
        "region": rng.choice(["us-east-1", "eu-west-1", "local"]),
        "service": rng.choice(["logs", "logs", "ssm", "ec2"]),
        "seconds": rng.randrange(946684800, 4102444800),
    }


class Clock(datetime.datetime):
    """botocore asks a clock; this one stands where the request says."""
    fixed = None

    @classmethod
    def utcnow(cls):
        return cls.fixed

    @classmethod
    def now(cls, tz=None):
        return cls.fixed.replace(tzinfo=tz)


def sign_by_botocore(request):
    auth.datetime.datetime = Clock
    Clock.fixed = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=request["seconds"])
    host = request["headers"][0][1]
    url = f"https://{host}{request['path']}"
    if request["query"]:
        url += "?" + request["query"]
    theirs = AWSRequest(method=request["method"], url=url, data=request["body"].encode())
    for name, value in request["headers"]:
        theirs.headers.add_header(name, value)
    credentials = Credentials(request["id"], request["secret"], request["token"] or None)
    auth.SigV4Auth(credentials, request["service"], request["region"]).add_auth(theirs)
    names = ["X-Amz-Date"] + (["X-Amz-Security-Token"] if request["token"] else [])
    return [[name, theirs.headers[name]] for name in [*names, "Authorization"]]


def ask(program, requests):
    lines = "".join(json.dumps(r) + "\n" for r in requests)
    done = subprocess.run([program], input=lines, text=True, capture_output=True, check=True,
                          timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    rng = random.Random(1)
    requests = [make_request(rng) for _ in range(REQUESTS)]
    theirs = [sign_by_botocore(r) for r in requests]
    wrong = 0
    for request, ours, want in zip(requests, ask(sys.argv[1], requests), theirs, strict=True):
        if ours != want:
            wrong += 1
            print(f"differs: {json.dumps(request)}\n  ours   {ours}\n  theirs {want}")
    good, bad = [], []
    for request, added in zip(requests, theirs):
        signed = dict(request, headers=request["headers"] + added, verify=True)
        good.append(signed)
        bad.append(dict(signed, body=signed["body"] + "x"))
    for what, answers, want in [("refused", ask(sys.argv[1], good), 0),
                                ("let pass", ask(sys.argv[1], bad), 4)]:
        for request, answer in zip(good, answers, strict=True):
            if answer != want:
                wrong += 1
                print(f"{what} with {answer}: {json.dumps(request)}")
    print(f"{REQUESTS} requests, {wrong} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
