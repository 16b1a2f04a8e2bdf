"""Runs inside the container of test_service.py: the life of an installed gateway, written down.

What was found goes to /dn/result.json, one key per question; test_service.py knows the right
answers. A client and a server stand in network namespaces of their own, at either side.
"""
import json
import subprocess
import time
import urllib.request
from pathlib import Path

HERE = Path("/dn")
POLICY = """[gateway]
inside = ["lan0"]
outside = "wan0"
require_synchronised_clock = false
[dns]
upstream = ["198.51.100.1"]
[[group]]
gid = "g"
  [[group.egress]]
  description = "discriminat:tls:198.51.100.1"
  ports = 443
[[client]]
address = "10.0.1.10"
groups = ["g"]
"""


def sh(command):
    done = subprocess.run(command, shell=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.strip()


def wait_for(condition, seconds=20):
    """The last answer, sooner if it is true."""
    end = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return answer


def wire(namespace, interface, near, far):
    sh(f"ip netns add {namespace}; ip link add {interface} type veth peer name eth0 netns "
       f"{namespace}; ip addr add {near}/24 dev {interface}; ip link set {interface} up")
    sh(f"ip -n {namespace} addr add {far}/24 dev eth0; ip -n {namespace} link set eth0 up; "
       f"ip -n {namespace} link set lo up")


def handshake(port):
    return "CONNECTION ESTABLISHED" in sh(
        f"timeout 10 ip netns exec client openssl s_client -brief -connect 198.51.100.1:{port}")


def serve():
    sh("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=server -keyout /dn/key -out /dn/cert")
    for port in (443, 8443):
        subprocess.Popen(["ip", "netns", "exec", "server", "openssl", "s_server", "-quiet", "-key",
                          "/dn/key", "-cert", "/dn/cert", "-accept", str(port)],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    wait_for(lambda: sh("ip netns exec server ss -Hltn").count("443") == 2)


def health():
    try:
        return urllib.request.urlopen("http://127.0.0.1:1042/", timeout=2).status
    except OSError:
        return 0


def flow_lines():
    files = Path("/var/lib/discriminat/flow").glob("*.jsonl")
    return [json.loads(x) for f in files for x in f.read_text().splitlines()]


def active():
    return sh("systemctl is-active discriminat")


def life():
    """(question, answer), in order."""
    yield "install", sh("dpkg --force-depends -i /dn/discriminat.deb")
    yield "after install", [sh("systemctl is-enabled discriminat"), active()]
    yield "unwritten policy", [sh("systemctl start discriminat"), active()]
    sh("systemctl reset-failed discriminat")
    wire("client", "lan0", "10.0.1.1", "10.0.1.10")
    wire("server", "wan0", "198.51.100.2", "198.51.100.1")
    sh("ip -n client route add default via 10.0.1.1")
    serve()
    Path("/etc/discriminat/policy.toml").write_text(POLICY)
    yield "enable", sh("systemctl enable --now discriminat")
    yield "health", wait_for(lambda: health() == 200 and 200)
    pid = sh("pidof discriminat")
    status = Path(f"/proc/{pid}/status").read_text()
    yield "capabilities", [x.split()[1] for x in status.splitlines() if x[:6] in ("CapEff",
                                                                                  "CapBnd")]
    yield "device", Path(f"/proc/{pid}/root/dev/net/tun").is_char_device()
    yield "handshakes", [handshake(443), handshake(8443)]
    yield "flow", wait_for(lambda: len(flow_lines()) >= 3 and flow_lines())
    sh("dpkg --force-depends -i /dn/discriminat.deb")
    yield "upgrade", [sh("pidof discriminat") != pid, wait_for(lambda: handshake(443))]
    sh("kill -9 $(pidof discriminat)")
    yield "crash", wait_for(lambda: active() == "active" and handshake(443))
    yield "refused calls", sh("journalctl -u discriminat | grep -iE 'not permitted|SECCOMP'")
    sh("dpkg -r discriminat")
    yield "removal", [active(), sh("nft list tables").splitlines(), handshake(443)]
    sh("dpkg -P discriminat")
    # Not all of /etc: the host's own may change beneath the overlay meanwhile.
    yield "purge", sh("ls -d /etc/discriminat /var/lib/discriminat; find /etc/systemd "
                      "/var/lib/systemd -name '*discriminat*'")
    yield "journal", sh("journalctl --no-pager -u discriminat")


def main():
    found = {"booted": True}
    for question, answer in life():
        found[question] = answer
        (HERE / "result.json").write_text(json.dumps(found))


if __name__ == "__main__":
    try:
        main()
    finally:
        subprocess.run(["systemctl", "poweroff", "--force"], check=False)
