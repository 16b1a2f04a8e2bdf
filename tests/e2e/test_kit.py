"""The laboratory itself, behind plain NAT without any judgement: what the other tests rely on."""
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kit import hello, zone as z
from kit.lab import Lab
from kit.netns import existing_namespaces
from kit.rawtcp import MD5_OPTION, RawConnection, ip_packet, raw_sender
from kit.talk import talk


@pytest.fixture(scope="module")
def open_lab(lab):
    undo = lab.plain_nat()
    yield lab
    undo()


def test_clients_reach_all_servers(open_lab):
    lab = open_lab
    for outcome, want in [
        (lab.curl("https://allowed.test/"), "this is allowed.test at 198.51.100.10"),
        (lab.curl("https://old.test/", "--tlsv1.0", "--ciphers", "DEFAULT@SECLEVEL=0"), "Cipher"),
        (lab.wget("https://x.wild.test/"), "this is x.wild.test"),
        (lab.gnutls("second.test"), "this is second.test"),
        (lab.openssl("hrr.test:443", "-servername", "hrr.test"), "TLSv1.3"),
        (lab.ssh("ssh.test"), "reached by ssh"),
        (lab.git("https://git.test/repo.git"), "refs/heads/main"),
        (lab.git(f"ssh://root@ssh.test{lab.repository}"), "refs/heads/main"),
        (lab.curl("http://plain.test/"), "plain HTTP at 198.51.100.19"),
    ]:
        assert want in outcome.text, outcome


def test_the_internet_has_no_way_back_without_nat(lab):
    assert "10.0.1" not in lab.net.ip("route", "show")


def test_rotating_names_give_another_address_each_time(open_lab):
    seen = {open_lab.curl("https://rotating.test/").text.split()[-1] for _ in range(4)}
    assert len(seen) >= 2


def test_the_query_log_holds_every_question(open_lab):
    open_lab.curl("https://no-such-name.test/")
    assert "no-such-name.test" in open_lab.vpc_dns.questions()
    assert "no-such-name.test" not in open_lab.dns.questions()


def test_a_raw_connection_delivers_exactly_its_bytes(open_lab, truth):
    server = truth(reply=hello.answers_once(5, b"yes"))
    c = RawConnection(open_lab, z.TRUTH)
    assert c.established
    c.send(2, b"llo")
    c.send(0, b"he")
    assert c.wait_payload().payload == b"yes"
    assert server.received == b"hello"


@pytest.mark.parametrize("trick", [{"ttl": 4}, {"bad_checksum": True}, {"options": MD5_OPTION}],
                         ids=["low-ttl", "bad-checksum", "md5-option"])
def test_a_decoy_never_reaches_the_application(open_lab, truth, trick):
    server = truth()
    c = RawConnection(open_lab, z.TRUTH)
    c.send(0, b"decoy", **trick)
    c.send(0, b"truth")
    assert server.wait_received(5)
    assert server.received == b"truth"


def test_fragments_are_put_together_on_the_way(open_lab, truth):
    server = truth()
    c = RawConnection(open_lab, z.TRUTH)
    c.send(0, b"x" * 100, fragment=24, reverse=True)
    assert server.wait_received(100)


def test_raw_packets_may_bear_any_source(open_lab):
    with open_lab.net.entered():
        inlet = socket.socket(socket.AF_INET, socket.SOCK_RAW, 253)
        inlet.settimeout(3)
    with raw_sender(open_lab.c1) as out, inlet:
        out.sendto(ip_packet("10.0.1.10", z.TRUTH, b"payload", protocol=253), (z.TRUTH, 0))
        assert inlet.recv(100).endswith(b"payload")


def test_dns_statuses_are_told_apart(open_lab):
    def status(name):
        text = open_lab.c1.run("dig", "+tries=1", "+time=1", f"@{z.VPC_RESOLVER}", name).text
        return text.split("status: ")[1].split(",")[0] if "status: " in text else "none"
    assert status("allowed.test") == "NOERROR"
    assert status("missing.test") == "NXDOMAIN"
    assert status("servfail.test") == "SERVFAIL"
    assert status("silent.test") == "none"


def test_large_dns_answers_come_over_tcp(open_lab, zone):
    zone({"many.test": {"a": [f"203.0.113.{i % 250 + 1}" for i in range(200)]}})
    text = open_lab.c1.run("dig", "+short", f"@{z.VPC_RESOLVER}", "many.test").text
    assert text.count("203.0.113.") == 200


@pytest.mark.parametrize("ending", ["return", "raise", "signal"])
def test_a_laboratory_leaves_nothing_behind(ending, tmp_path):
    """A second laboratory in a process of its own, so that every way of ending can be tried."""
    script = tmp_path / "other.py"
    script.write_text(
        "import json, os, signal, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from kit.lab import Lab\n"
        "with Lab() as lab:\n"
        "    print(json.dumps([lab.shop.prefix, str(lab.folder),"
        " [c.pid for c in lab.shop.children]]), flush=True)\n"
        f"    ending = {ending!r}\n"
        "    if ending == 'raise': raise ValueError('on purpose')\n"
        "    if ending == 'signal': os.kill(os.getpid(), signal.SIGTERM)\n")
    done = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, text=True, timeout=60,
                          stderr=subprocess.DEVNULL)
    prefix, folder, pids = json.loads(done.stdout.splitlines()[0])
    assert not [n for n in existing_namespaces() if n.startswith(prefix)]
    assert not Path(folder).exists()
    assert not list(Path("/etc/netns").glob(f"{prefix}*"))
    assert not [p for p in pids if Path(f"/proc/{p}").exists()]


def test_a_killed_laboratory_is_swept_by_the_next(tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(
        "import os, signal, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from kit.lab import Lab\n"
        "lab = Lab()\n"
        "print(lab.shop.prefix, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n")
    done = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, text=True, timeout=60)
    prefix = done.stdout.strip()
    assert [n for n in existing_namespaces() if n.startswith(prefix)]
    with Lab(ssh=False):
        pass
    assert not [n for n in existing_namespaces() if n.startswith(prefix)]
    assert not list(Path("/tmp").glob(prefix + "-*"))


def test_a_server_may_take_payload_on_a_syn(open_lab, truth):
    """So that the gateway's refusal of it means something."""
    open_lab.net.sysctl(net__ipv4__tcp_fastopen=0x602)
    server = truth(z.TRUTH_OTHER)
    server.listener.setsockopt(socket.IPPROTO_TCP, 23, 64)
    try:
        RawConnection(open_lab, z.TRUTH_OTHER, syn_data=b"early")
        assert server.wait_received(5) and server.received == b"early"
    finally:
        open_lab.net.sysctl(net__ipv4__tcp_fastopen=1)


@pytest.mark.parametrize("urgent, want", [(0, b"abcdef"), (3, b"abdef")])
def test_a_server_reads_another_stream_when_a_byte_is_urgent(urgent, want, open_lab, truth):
    server = truth()
    c = RawConnection(open_lab, z.TRUTH)
    c.send(0, b"abcdef", flags=56 if urgent else 24, urgent=urgent)
    assert server.wait_received(len(want)) and server.received == want


def test_a_second_version_of_a_queued_tail_depends_on_the_kernel(open_lab, truth):
    """Why overlapping bytes that differ end a connection: nobody can know what the server reads."""
    server = truth()
    c = RawConnection(open_lab, z.TRUTH)
    c.send(3, b"OLD")
    c.send(3, b"NEW")
    c.send(0, b"abc")
    assert server.wait_received(6)
    assert server.received in (b"abcOLD", b"abcNEW")


@pytest.mark.parametrize("total, options", [(65536, {"mss": 524}), (600, {"size": 1}),
                                            (600, {"size": 1, "nodelay": True})])
def test_big_hellos_are_delivered_whole(total, options, open_lab, truth):
    data = hello.padded(total, b"unlisted.test")
    server = truth(reply=hello.answers_once(len(data), hello.first_flight))
    assert len(talk(open_lab, data, enough=400, **options).received) >= 400
    assert server.received == data
