"""The imitation of instance metadata, asked by curl as EC2's own guide does."""
import json
import subprocess

import pytest

from kit.imds import Imds

TOKEN = "X-aws-ec2-metadata-token"
TTL = TOKEN + "-ttl-seconds"


@pytest.fixture
def imds():
    with Imds() as made:
        yield made


def curl(imds, path, *words):
    """(status, text); status 0: no answer."""
    done = subprocess.run(
        ["curl", "-s", "--noproxy", "*", "-m", "5", "-w", "\n%{http_code}", *words,
         imds.url + path], stdout=subprocess.PIPE, text=True, timeout=30)
    text, _, status = done.stdout.rpartition("\n")
    return int(status), text


def new_token(imds, seconds="21600"):
    status, token = curl(imds, "/latest/api/token", "-X", "PUT", "-H", f"{TTL}: {seconds}")
    assert status == 200
    return token


def get(imds, token, path):
    return curl(imds, "/latest/meta-data/" + path, "-H", f"{TOKEN}: {token}")


def test_tells_nothing_without_a_token(imds):
    path = "/latest/meta-data/instance-id"
    assert curl(imds, path)[0] == 401
    assert curl(imds, path, "-H", f"{TOKEN}: made-up")[0] == 401
    assert get(imds, new_token(imds), "instance-id") == (200, "i-0123456789abcdef0")
    assert imds.asked == [("GET", path, 401), ("GET", path, 401),
                          ("PUT", "/latest/api/token", 200), ("GET", path, 200)]


@pytest.mark.parametrize("words, want", [
    ([], 400), (["-H", f"{TTL}: 0"], 400), (["-H", f"{TTL}: 21601"], 400),
    (["-H", f"{TTL}: x"], 400), (["-H", f"{TTL}: 60", "-H", "X-Forwarded-For: 10.0.0.1"], 403)])
def test_gives_no_token_to_odd_requests(imds, words, want):
    assert curl(imds, "/latest/api/token", "-X", "PUT", *words)[0] == want


def test_a_token_has_an_end(imds):
    token = new_token(imds)
    imds.expire_tokens()
    assert get(imds, token, "mac")[0] == 401
    assert get(imds, new_token(imds), "mac")[0] == 200


def test_lists_what_is_below_a_path(imds):
    token = new_token(imds)
    assert get(imds, token, "iam/security-credentials/") == (200, "discriminat")
    assert get(imds, token, "network/interfaces/macs/") == (200, "02:00:00:00:00:01/")
    assert get(imds, token, "spot/")[0] == 404


def test_credentials_rotate(imds):
    token = new_token(imds)
    path = "iam/security-credentials/discriminat"
    first = json.loads(get(imds, token, path)[1])
    made = imds.rotate_credentials(seconds=600)
    second = json.loads(get(imds, token, path)[1])
    assert second == made and first["AccessKeyId"] != second["AccessKeyId"]
    assert second["Expiration"] < first["Expiration"]


def test_the_document_agrees_with_the_values(imds):
    imds.set("instance-id", "i-2")
    status, text = curl(imds, "/latest/dynamic/instance-identity/document", "-H",
                        f"{TOKEN}: {new_token(imds)}")
    assert status == 200
    assert json.loads(text)["instanceId"] == "i-2" and json.loads(text)["region"] == "eu-west-1"


def test_values_come_and_go(imds):
    token = new_token(imds)
    assert get(imds, token, "spot/instance-action")[0] == 404
    imds.start_spot_action("stop")
    assert json.loads(get(imds, token, "spot/instance-action")[1])["action"] == "stop"
    imds.set_lifecycle_state("Terminated")
    assert get(imds, token, "autoscaling/target-lifecycle-state") == (200, "Terminated")
    imds.set_tag("discriminat", "blue")
    assert get(imds, token, "tags/instance/discriminat") == (200, "blue")
    imds.set("public-ipv4", None)
    assert get(imds, token, "public-ipv4")[0] == 404


def test_is_off_or_silent(imds):
    token = new_token(imds)
    imds.off = True
    assert get(imds, token, "mac")[0] == 403
    imds.off, imds.silent = False, True
    assert get(imds, token, "mac")[0] == 0
