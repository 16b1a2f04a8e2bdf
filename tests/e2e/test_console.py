"""The console of a running gateway: a person's tasks in a browser, and what hostile requests get.

The tasks are web/e2e/console.mjs, which drives Debian's Chromium inside the gateway's namespace and
prints one JSON line per task; each is a test here.
"""
import json
import shutil

import pytest

from kit import gateway as gw, zone as z
from kit.browser_talk import ask, request, status_of
from kit.gateway import ROOT

CONSOLE = "http://127.0.0.1:1043"
TASKS = ["login", "find-why-it-was-refused", "wrong-pattern", "live-tail", "build-an-allowlist",
         "ask-a-question", "wrong-query", "read-the-overview", "read-the-policy", "keyboard-only",
         "theme", "looks"]


def CONFIG():
    return gw.Config(
        groups={"sg-web": ["discriminat:tls:allowed.test,git.test", "discriminat:tls:*.wild.test"],
                "sg-ssh": [("discriminat:ssh:ssh.test", 22)],
                "sg-learning": ["discriminat:see-thru:2999-12-31"]},
        clients={z.CLIENTS["c1"]: ["sg-web", "sg-ssh"], z.CLIENTS["c2"]: ["sg-learning"]})


def make_traffic(lab):
    """A little of everything: allowed, refused, plain HTTP, ssh, and what see-thru let through."""
    for name in ("allowed.test", "git.test", "a.wild.test"):
        assert lab.curl(f"https://{name}/").ok
    for name in ("unlisted.test", "second.test", "shared-a.test"):
        assert not lab.curl(f"https://{name}/").ok
        assert lab.curl(f"https://{name}/", client="c2").ok
    lab.curl("https://allowed.test/", "--resolve", f"allowed.test:443:{z.ELSEWHERE}")
    lab.curl("http://plain.test/page")
    assert lab.ssh("ssh.test").ok


@pytest.fixture(scope="module")
def tasks(lab, module_gateway):
    """What the browser told: task -> {"ok": …, "detail": …}."""
    node = shutil.which("node") or shutil.which("nodejs")
    assert node and (ROOT / "web/node_modules").exists(), "scripts/check brings node's modules"
    make_traffic(lab)
    module_gateway.pause_until_quiet()
    done = lab.gw.run(node, ROOT / "web/e2e/console.mjs", CONSOLE, timeout=300)
    lines = [json.loads(line) for line in done.text.splitlines() if line.startswith("{")]
    told = {line["task"]: line for line in lines}
    assert done.status in (0, 1) and told, done.text
    return told


@pytest.mark.parametrize("task", TASKS)
def test_a_person_can(tasks, task):
    assert task in tasks, f"the browser told of {sorted(tasks)} only"
    assert tasks[task]["ok"], tasks[task]["detail"]


def test_no_task_goes_unnamed(tasks):
    assert sorted(tasks) == sorted(TASKS)


@pytest.mark.parametrize("field", ["Origin: https://evil.test", "Origin: null",
                                   "Origin: http://127.0.0.1:8080", "Sec-Fetch-Site: cross-site",
                                   "Sec-Fetch-Site: same-site"])
def test_another_sites_page_is_refused(lab, gateway, field):
    for method, path, body in (("GET", "/api/policy", b""), ("GET", "/api/status", b""),
                               ("POST", "/api/logs/DescribeLogGroups", b"{}"),
                               ("POST", "/api/explain", b'{"src":"10.0.1.10","to":"a.test"}')):
        answer = ask(lab, request(method, path, field, "Content-Type: application/json",
                                  length=len(body)), body)
        assert status_of(answer) == 403, answer
        assert "access-control-allow" not in answer.lower()


def test_a_name_that_was_rebound_is_refused(lab, gateway):
    for host in ("evil.test", "127.0.0.1.evil.test", "198.51.100.1", "10.0.1.1:1043"):
        assert status_of(ask(lab, request("GET", "/api/status", host=host))) == 403, host


def test_nothing_here_may_be_framed(lab, gateway):
    for path in ("/", "/flows", "/api/status", "/nothing"):
        answer = ask(lab, request("GET", path)).lower()
        assert "x-frame-options: deny" in answer and "frame-ancestors 'none'" in answer, path


@pytest.mark.parametrize("path", ["/../../../../etc/passwd", "/..%2f..%2fetc%2fpasswd",
                                  "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../state/flow",
                                  "/flow/../../etc/passwd", "//etc/passwd", "/.git/config"])
def test_no_path_leads_to_a_file(lab, gateway, path):
    answer = ask(lab, request("GET", path))
    assert status_of(answer) in (400, 404) and "root:" not in answer


def test_what_is_asked_for_never_becomes_a_field_of_the_answer(lab, gateway):
    for target in ("/flows?a=%0d%0aSet-Cookie:%20evil=1", "/api/x%0d%0aSet-Cookie:%20evil=1",
                   "/api/logs/%0d%0aSet-Cookie:%20evil=1"):
        for method, body in (("GET", b""), ("POST", b"{}")):
            head = ask(lab, request(method, target, "Content-Type: application/json",
                                    length=len(body)), body).split("\r\n\r\n")[0]
            assert "set-cookie" not in head.lower(), head
    split = request("GET", "/flows", "X: a\rSet-Cookie: evil=1")
    assert "set-cookie" not in ask(lab, split).split("\r\n\r\n")[0].lower()


def test_what_is_too_large_is_refused_and_the_console_lives_on(lab, gateway):
    assert status_of(ask(lab, request("GET", "/" + "a" * 20_000))) in (414, 431)
    assert status_of(ask(lab, request("GET", "/", "X: " + "a" * 40_000))) == 431
    assert status_of(ask(lab, request("POST", "/api/explain", "Content-Type: application/json",
                                      length=1 << 30))) == 413
    deep = b"[" * 100_000
    answer = ask(lab, request("POST", "/api/rules", "Content-Type: application/json",
                              length=len(deep)), deep)
    assert status_of(answer) == 400, answer
    assert status_of(ask(lab, request("GET", "/api/status"))) == 200
