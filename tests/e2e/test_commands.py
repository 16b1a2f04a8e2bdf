"""The operator's commands beside a running gateway: what they say is what it does."""
import json
import signal
import socket
import struct
import threading

import pytest

from kit import zone as z
from kit.netns import wait_until


def command(lab, gateway, *words):
    return lab.gw.run(gateway.binary, *words)


def test_status_says_that_the_gateway_runs(lab, gateway):
    shown = command(lab, gateway, "status", "--config", gateway.path, "--json")
    assert shown.status == 0, shown.text
    answer = json.loads(shown.text)
    assert answer["running"] is True and answer["age_seconds"] < 15
    assert answer["status"]["instance"] == "gw-lab"
    assert "gw-lab" in command(lab, gateway, "status", "--config", gateway.path).text


def test_status_says_that_no_gateway_runs(lab, gateway, tmp_path):
    path = tmp_path / "policy.toml"
    (tmp_path / "state").mkdir()
    path.write_text(gateway.config.text(tmp_path / "state"))
    shown = command(lab, gateway, "status", "--config", path, "--json")
    assert shown.status == 3 and json.loads(shown.text)["running"] is False


@pytest.mark.parametrize("client", ["c1", "c2"])
@pytest.mark.parametrize("name", ["allowed.test", "second.test", "unlisted.test", "mine.wild.test"])
def test_explain_says_what_the_gateway_does(client, name, lab, gateway):
    said = command(lab, gateway, "explain", "--config", gateway.path, "--src", z.CLIENTS[client],
                   "--to", name, "--json")
    assert said.status in (0, 1), said.text
    assert lab.curl(f"https://{name}/", client=client).ok == (said.status == 0), said.text


def test_policy_show_says_what_the_gateway_took_in(lab, gateway):
    shown = command(lab, gateway, "policy", "show", "--config", gateway.path)
    assert shown.status == 0, shown.text
    policy = json.loads(shown.text)
    written = command(lab, gateway, "logs", "config", "--config", gateway.path, "--since", "1d")
    taken_in = [line for line in map(json.loads, written.text.splitlines())
                if line["outcome"] == "accepted"]
    assert {(c["client"], gid) for c in policy["clients"] for gid in c["groups"]} == {
        (line["client"], line["gid"]) for line in taken_in if line["cat"] == "client"}
    assert {(group["gid"], member["proto"], member["member"]) for group in policy["groups"]
            for rule in group["rules"] for member in rule["members"]} == {
        (line["gid"], line["proto"], line["addr"]) for line in taken_in if "addr" in line}
    assert command(lab, gateway, "policy", "show", "--config", gateway.path, "--client",
                   z.CLIENTS["stranger"]).status == 1


def test_policy_watch_prints_the_config_log_until_ctrl_c(lab, gateway):
    child = lab.gw.start(gateway.binary, "policy", "watch", "--config", gateway.path, "--since",
                         "1d", "--filter", '{ $.cat = "client" }', log="watch.log")
    printed = lab.shop.folder / "watch.log"
    wait_until(lambda: z.CLIENTS["c2"] in printed.read_text(), 20)
    assert lab.shop.stop(child, signal.SIGINT) == 0
    lines = [json.loads(line) for line in printed.read_text().splitlines()]
    assert {line["client"] for line in lines} == {z.CLIENTS["c1"], z.CLIENTS["c2"]}


class Recorder:
    """Writes what passes a client's interface into a capture file."""

    def __init__(self, ns, path):
        self.path = path
        self.packets = []
        with ns.entered():
            self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.tap.settimeout(0.2)
        self.ended = False
        self.thread = threading.Thread(target=self._record)

    def _record(self):
        while not self.ended:
            try:
                self.packets.append(self.tap.recv(65536))
            except socket.timeout:
                continue

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()
        self.tap.close()
        # libpcap's file format, version 2.4, link type Ethernet
        data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
        for number, packet in enumerate(self.packets):
            data += struct.pack("<IIII", 1_700_000_000, number, len(packet), len(packet)) + packet
        self.path.write_bytes(data)


def test_inspect_reads_a_recording_as_the_gateway_read_the_packets(lab, gateway, tmp_path):
    with Recorder(lab.c1, tmp_path / "c1.pcap"):
        assert lab.curl("https://allowed.test/").ok
        assert not lab.curl("https://unlisted.test/").ok
    shown = command(lab, gateway, "inspect", "--json", tmp_path / "c1.pcap")
    assert shown.status == 0, shown.text
    seen = {flow.get("dhost"): flow for flow in map(json.loads, shown.text.splitlines())
            if flow.get("proto") == "tls"}
    for name in ("allowed.test", "unlisted.test"):
        line = gateway.wait_for_flow(dhost=name, cat="client", spt=seen[name]["spt"])
        assert seen[name]["c_ver"] == f"TLS{line['proto_v']}"
        assert seen[name]["dst"] == line["dst"]
