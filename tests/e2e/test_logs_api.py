"""The CloudWatch Logs endpoint of a running gateway, asked by boto3 and by `aws logs tail`."""
import json
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from kit import aws_cli
from kit.gateway import Gateway, default_config
from kit.netns import wait_until

SESSION = Path(__file__).parent / "kit" / "boto_session.py"


def find_python(kind):
    """An interpreter with boto3: Debian's, or a newer generation beside it; None without."""
    if kind == "debian":
        return "/usr/bin/python3"
    found = shutil.which("python3")
    if not found or Path(found).resolve() == Path("/usr/bin/python3").resolve():
        return None
    asked = subprocess.run([found, "-c", "import boto3"], capture_output=True, check=False)
    return found if asked.returncode == 0 else None


@pytest.fixture(params=["debian", "other"])
def python(request):
    found = find_python(request.param)
    if found is None:
        pytest.skip("only one boto3 is installed")
    return found


def test_a_program_with_boto3_finds_what_it_expects(lab, gateway, python):
    assert lab.curl("https://allowed.test/").ok
    gateway.pause_until_quiet()
    done = lab.gw.run(python, SESSION, aws_cli.ENDPOINT, timeout=60)
    assert done.status == 0, done.text
    found = json.loads(done.text.splitlines()[-1])
    assert found["groups"] == ["/app/orders", "DiscrimiNAT"] and found["retention"] == [30]
    assert found["streams"] == ["config", "flow"]
    assert found["got"] == found["sent"]
    assert found["head"] == [event["message"] for event in found["sent"]] and found["at_the_end"]
    own = [record["_line"] for record in gateway.flow.read()]
    assert found["flow_by_pages"] == own and found["flow_ids"] == len(own)
    assert found["record"]["dhost"] == found["row"]["dhost"]
    assert found["tested"] == 1
    assert {name: found[name] for name in ("forged", "deleted", "missing", "pattern", "query")} == {
        "forged": "AccessDeniedException", "deleted": "AccessDeniedException",
        "missing": "ResourceNotFoundException", "pattern": "InvalidParameterException",
        "query": "MalformedQueryException"}


def test_a_live_tail_shows_a_connection_as_it_happens(lab, gateway):
    python = find_python("other")
    if python is None:
        pytest.skip("Debian's boto3 has no start_live_tail, and there is no other")
    child = lab.gw.start(python, SESSION, aws_cli.ENDPOINT, "tail", log="live-tail.log")
    output = lab.folder / "live-tail.log"
    try:
        assert wait_until(lambda: "started" in output.read_text(), 20), output.read_text()
        assert lab.curl("https://allowed.test/").ok and lab.curl("https://git.test/").ok
        assert child.wait(20) == 0, output.read_text()
        line = json.loads(output.read_text().splitlines()[-1])
        assert line["dhost"] == "git.test"
    finally:
        lab.shop.stop(child)


def test_tail_follow_shows_each_connection_once_as_it_happens(lab, gateway):
    """Debian's program; the first generation of the programs has no `logs tail`."""
    script = (f"export {' '.join(f'{k}={v!r}' for k, v in aws_cli.CREDENTIALS.items())}; "
              f"exec {aws_cli.DEBIAN} --endpoint-url {aws_cli.ENDPOINT} logs tail DiscrimiNAT "
              "--follow --format short --since 1m")
    child = lab.gw.start("bash", "-c", script, log="tail.log")
    output = lab.folder / "tail.log"
    try:
        assert lab.curl("https://git.test/").ok
        assert wait_until(lambda: '"dhost":"git.test"' in output.read_text(), 30), \
            output.read_text()
        assert lab.ssh("ssh.test").ok
        assert wait_until(lambda: '"proto":"ssh"' in output.read_text(), 30), output.read_text()
        lines = output.read_text().splitlines()
        assert len(lines) == len(set(lines))
    finally:
        lab.shop.stop(child)


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
