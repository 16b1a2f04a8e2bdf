"""Gateway: the product under test in the laboratory's gateway namespace.

Writes the configuration file, starts `discriminat run`, waits for the health port, reads the flow
and config logs as they grow, and ends the process by its pid. DN_BINARY names another binary than
build/release/discriminat.
"""
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from .netns import wait_until
from .zone import CLIENTS, DNS

ROOT = Path(__file__).resolve().parents[3]


def binary():
    return Path(os.environ.get("DN_BINARY", ROOT / "build" / "release" / "discriminat"))


class Config:
    """The configuration as values; `text()` is the TOML file. Change it and call apply()."""

    def __init__(self, groups, clients, preferences=None, dns=(DNS,), gateway=None, dns_more=None,
                 subnets=None, api=None, aws=None):
        self.groups = groups  # gid -> list of rules: text, or (text, ports), or (…, protocol)
        self.clients = clients  # address -> list of gids
        self.subnets = subnets or {}
        self.preferences = preferences or {}
        self.dns = list(dns)
        self.gateway = gateway or {}
        self.dns_more = dns_more or {}
        self.api = api or {}
        self.aws = aws or {}

    def copy(self):
        return Config({g: list(r) for g, r in self.groups.items()},
                      {c: list(g) for c, g in self.clients.items()}, dict(self.preferences),
                      self.dns, dict(self.gateway), dict(self.dns_more), dict(self.subnets),
                      dict(self.api), dict(self.aws))

    def text(self, state_dir):
        # Test machines often have no NTP client; without trust in the clock see-thru is expired.
        settings = {"inside": ["lan0"], "outside": "wan0", "state_dir": str(state_dir),
                    "instance": "gw-lab", "require_synchronised_clock": False, **self.gateway}
        lines = ["[gateway]", *_items(settings), "", "[dns]",
                 *_items({"upstream": self.dns, **self.dns_more})]
        if self.api:
            lines += ["", "[api]", *_items(self.api)]
        if self.aws:
            lines += ["", "[aws]", *_items(self.aws)]
        if self.preferences:
            lines += ["", "[preferences]", *_items(self.preferences)]
        for gid, rules in self.groups.items():
            lines += ["", "[[group]]", f"gid = {_value(gid)}"]
            for rule in rules:
                text, ports, protocol = (*_as_tuple(rule), None, None)[:3]
                lines += ["  [[group.egress]]", f"  description = {_value(text)}"]
                lines += [f"  ports = {_value(ports)}"] if ports is not None else []
                lines += [f"  protocol = {_value(protocol)}"] if protocol is not None else []
        for address, gids in self.clients.items():
            lines += ["", "[[client]]", *_items({"address": address, "groups": gids})]
        for prefix, gids in self.subnets.items():
            lines += ["", "[[subnet]]", *_items({"prefix": prefix, "groups": gids})]
        return "\n".join(lines) + "\n"


def _as_tuple(rule):
    return rule if isinstance(rule, tuple) else (rule, 443)


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value)  # TOML strings, numbers and arrays of them are written alike


def _items(table):
    """None leaves a key out, where a default would stand."""
    return [f"{key} = {_value(value)}" for key, value in table.items() if value is not None]


def default_config():
    """The policy most tests run under."""
    return Config(
        groups={
            "sg-web": [
                "discriminat:tls:allowed.test,second.test,shared-a.test,git.test,big.test",
                "discriminat:tls:*.wild.test,rotating.test,old.test,hrr.test,truth.test",
                "discriminat:tls:truth-other.test,alias.test,private.test,rebound.test",
                "discriminat:tls:loopback.test,servfail.test,silent.test",
            ],
            "sg-ssh": [("discriminat:ssh:ssh.test", 22)],
            "sg-other": ["discriminat:tls:second.test"],
        },
        clients={CLIENTS["c1"]: ["sg-web", "sg-ssh"], CLIENTS["c2"]: ["sg-other"]})


class LogReader:
    """Reads the JSON Lines of one log folder as they are written, in either form of a segment, each
    line once. Single thread.

    `cursor` is where a test began; wait() and all() look at what came after it.
    """

    def __init__(self, folder):
        self.folder = folder
        self.records = []
        self.offsets = {}
        self.finished = set()  # read in the form that does not grow
        self.cursor = 0

    def read(self):
        found = [path.name for path in self.folder.glob("*.jsonl*")]
        raw = {name.removesuffix(".zst") for name in found if name.endswith((".jsonl", ".zst"))}
        for name in sorted(raw - self.finished):
            data = self.unread(name)
            whole = data[:data.rfind(b"\n") + 1]
            # The raw name is the identity: compression changes the form, not the lines.
            self.offsets[name] = self.offsets.get(name, 0) + len(whole)
            for line in whole.splitlines():
                record = json.loads(line)
                record["_line"] = line.decode()
                self.records.append(record)
        return self.records

    def unread(self, name):
        """What the segment has beyond what was read. It may be compressed meanwhile: the compressed
        name comes before the raw one goes. Or deleted."""
        offset = self.offsets.get(name, 0)
        compressed = self.folder / (name + ".zst")
        for _ in range(2):
            if compressed.exists():
                self.finished.add(name)
                return subprocess.run(["zstdcat", compressed], check=True,
                                      stdout=subprocess.PIPE).stdout[offset:]
            try:
                with open(self.folder / name, "rb") as file:
                    file.seek(offset)
                    return file.read()
            except FileNotFoundError:
                continue
        return b""

    def skip(self):
        """Forget what is there: the next wait() sees only newer lines."""
        self.cursor = len(self.read())

    def all(self, **want):
        return [r for r in self.read()[self.cursor:] if matches(r, want)]

    def wait(self, timeout=5, **want):
        """The first record since the cursor with these values; None after the timeout."""
        return wait_until(lambda: next(iter(self.all(**want)), None), timeout)


def matches(record, want):
    """Values compare by equality, functions are asked; `reason` matches its slug, `client_port`
    the client's port in lines of either origin."""
    for key, value in want.items():
        have = record.get(key)
        if key == "client_port":
            have = record.get("dpt" if record.get("cat") == "server" else "spt")
        if callable(value):
            if have is None or not value(have):
                return False
        elif key == "reason":
            if have is None or not (have == value or have.startswith(value + ":")):
                return False
        elif have != value:
            return False
    return True


class Gateway:
    """One gateway process and its files. stop() or kill() end it; start() starts it again."""

    _number = 0

    def __init__(self, lab, config, arguments=(), tmpfs_kib=0, env=None):
        Gateway._number += 1
        self.lab = lab
        self.config = config
        self.arguments = arguments
        self.env = env
        self.tmpfs_kib = tmpfs_kib  # the state folder is a file system of this size
        self.binary = binary()
        self.folder = lab.folder / f"gateway-{Gateway._number}"
        self.folder.mkdir()
        self.state_dir = self.folder / "state"
        self.state_dir.mkdir()
        self.path = self.folder / "discriminat.toml"
        self.output = self.folder / "output.log"
        self.flow = LogReader(self.state_dir / "flow")
        self.config_log = LogReader(self.state_dir / "config")
        self.child = None
        lab.shop.on_close.append(self.stop)

    def write(self, text=None):
        """Replaces the configuration file in one step."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(self.config.text(self.state_dir) if text is None else text)
        fresh.rename(self.path)

    def start(self, healthy=True, timeout=30):
        self.write()
        self.launch()
        if healthy and not wait_until(lambda: self.health() == 200 or not self.alive, timeout):
            raise RuntimeError(f"the gateway is not healthy\n{self.output_text()}")
        if not self.alive:
            raise RuntimeError(f"the gateway ended at once, status {self.child.returncode}\n"
                               f"{self.output_text()}")

    def launch(self):
        command = [self.binary, "run", "--config", self.path, *self.arguments]
        if self.tmpfs_kib:
            # In the mount namespace that `ip netns exec` makes: gone with the process.
            command = ["sh", "-c", f"mount -t tmpfs -o size={self.tmpfs_kib}k none "
                       f"{self.state_dir} && exec \"$@\"", "sh", *command]
        self.child = self.lab.gw.start(*command, env=self.env,
                                       log=self.output.relative_to(self.lab.folder))
        for reader, name in ((self.flow, "flow"), (self.config_log, "config")):
            reader.folder = self.state_path / name

    @property
    def state_path(self):
        """The state folder as this process sees it."""
        if self.tmpfs_kib and self.child:
            return Path(f"/proc/{self.child.pid}/root{self.state_dir}")
        return self.state_dir

    @property
    def alive(self):
        return self.child is not None and self.child.poll() is None

    def stop(self, timeout=15):
        """SIGTERM; returns the exit status."""
        return self.lab.shop.stop(self.child, timeout=timeout) if self.child else None

    def kill(self):
        """SIGKILL, as a crash would end it."""
        return self.lab.shop.stop(self.child, signal.SIGKILL)

    def health(self, ns=None, address="127.0.0.1"):
        """The status of the health service: 200, 503, or None when nobody answers."""
        port = self.config.gateway.get("health_port", 1042)
        with (ns or self.lab.gw).entered():
            sock = socket.socket()
        with sock:
            sock.settimeout(2)
            try:
                sock.connect((address, port))
                sock.sendall(b"GET / HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n")
                answer = sock.recv(4096).split()
            except OSError:
                return None
        return int(answer[1]) if len(answer) > 1 and answer[1].isdigit() else None

    def apply(self, config=None, timeout=15, **want):
        """Writes a changed configuration and waits for a config line that shows it."""
        if config is not None:
            self.config = config
        self.config_log.skip()
        self.write()
        line = self.config_log.wait(timeout, **want)
        if line is None:
            raise RuntimeError(f"no config line {want}: {self.config_log.all()}\n"
                               f"{self.output_text()}")
        return line

    def wait_for_flow(self, timeout=5, **want):
        """The flow line with these values; fails with what was written instead."""
        line = self.flow.wait(timeout, **want)
        if line is None:
            raise AssertionError(f"no flow line with {want}; since the test began:\n" + "\n".join(
                r["_line"] for r in self.flow.all()) + f"\n{self.state_text()}")
        return line

    def state_text(self):
        """For the message of a failed test: what the daemon said and what the kernel counted."""
        counters = self.lab.gw.run("nft", "list", "counters", "table", "ip", "discriminat").text
        counted = " ".join(counters.replace("counter ", "\n").split())
        state = self.state_path / "status.json"
        status = state.read_text() if state.exists() else ""
        return f"{self.output_text()[-2000:]}\n{counted}\n{status[:4000]}"

    def output_text(self):
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def flush(self):
        """Removes what a gateway leaves in the kernel on purpose, so that the next starts bare."""
        self.stop()
        self.lab.gw.sh("nft", "flush", "ruleset", check=False)
        self.lab.gw.sh("conntrack", "-F", check=False)
        self.lab.gw.sysctl(net__ipv4__ip_forward=0)

    def memory_kib(self):
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def pause_until_quiet(self, seconds=1.1):
        """A line is on disk within one second of the decision: after this, none is missing."""
        time.sleep(seconds)
        return self.flow.all()
