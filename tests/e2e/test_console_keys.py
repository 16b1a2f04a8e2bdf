"""The console of a gateway whose endpoint has keys: who is let in, and how."""
import base64

from kit.browser_talk import ask, request, status_of
from kit.gateway import default_config

SECRET = "in-wonderland-since-1865"
JSON = "Content-Type: application/json"


def log_in(lab, secret):
    body = f'{{"id":"ALICE","secret":"{secret}"}}'.encode()
    return ask(lab, request("POST", "/api/login", JSON, length=len(body)), body)


def test_a_gateway_with_keys_wants_a_login(lab, own_gateway):
    keys = lab.folder / "keys"
    keys.write_text(f"ALICE {SECRET}\n")
    keys.chmod(0o600)
    config = default_config()
    config.api = {"credentials_file": str(keys)}
    own_gateway(config)
    assert status_of(ask(lab, request("GET", "/"))) == 200  # the page is no secret
    for method, path in (("GET", "/api/status"), ("GET", "/api/policy"), ("GET", "/metrics"),
                         ("POST", "/api/logs/DescribeLogGroups")):
        body = b"{}" if method == "POST" else b""
        answer = ask(lab, request(method, path, JSON, length=len(body)), body)
        assert status_of(answer) == 401, answer
    assert status_of(log_in(lab, SECRET[:-1])) == 403
    answer = log_in(lab, SECRET)
    assert status_of(answer) == 200 and "HttpOnly; SameSite=Strict" in answer, answer
    cookie = answer.split("Set-Cookie: ")[1].split(";")[0]
    assert status_of(ask(lab, request("GET", "/api/status", f"Cookie: {cookie}"))) == 200
    basic = base64.b64encode(f"ALICE:{SECRET}".encode()).decode()
    for path in ("/metrics", "/api/status"):
        assert status_of(ask(lab, request("GET", path, f"Authorization: Basic {basic}"))) == 200
