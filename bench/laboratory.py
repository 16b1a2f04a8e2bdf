"""The laboratory of bench/run and bench/sweep: namespaces, the load's both ends, times of CPUs.

A client and an "Internet" stand in network namespaces for the whole run, a gateway between them
comes and goes. How they are wired, what the load sends and what is counted is told in
docs/performance.md. Nothing here is part of the product, and no test covers it.
"""
import datetime
import json
import os
import platform
import re
import ssl
import subprocess
import sys
import time
from pathlib import Path

from gateways import ROOT
from kit.netns import Workshop, remove_namespaces, sh, sweep, wait_until

NAMES = 10_000
ADDRESSES = 16  # a client has 64 k ports per address
WARM_UP = 0.4  # as in load.cc
RATE = 1000  # connections per second while latency is measured
CONCURRENT = 64
TICKS = os.sysconf("SC_CLK_TCK")


def build(name, *libraries):
    program = ROOT / "build" / "bench" / name
    source = ROOT / "bench" / f"{name}.cc"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        sh("g++", "-std=c++20", "-O2", "-Wall", "-Wextra", source, "-o", program,
           *libraries)
    return program


class Bench:
    """The laboratory: client and Internet stand for the whole run, gateways come and go."""

    CLIENT, DNS, FIRST = "10.0.1.10", "198.51.100.53", "198.51.100.10"

    def __init__(self, options, endpoints_first=False):
        """With `endpoints_first` client and server wait for no thread of the gateway."""
        self.on_close = lambda: None
        self.endpoint = ["chrt", "-f", "1"] if endpoints_first else self.urgent()
        sweep()
        self._go_first()
        self.options = options
        self.binary = options.binary.resolve()
        self.load = build("load")
        self.handshakes = build("handshakes", "-lssl", "-lcrypto")
        self.shop = Workshop()
        self.folder = self.shop.folder
        self.names = [f"host-{i:05}.bench.test" for i in range(NAMES)]
        self.hosts = self.write("hosts", "".join(f"{self.address_of(i)} {name}\n"
                                                 for i, name in enumerate(self.names)))
        self.flow_log = None
        self._record_handshake()
        self.client = self.shop.namespace("client")
        self.net = self.shop.namespace("net")
        for namespace in (self.client, self.net):
            self._tune(namespace)
        self.wired = 0

    def _go_first(self):
        """The kernel may schedule sessions as groups (autogroup); ours goes before others then. It
        does not change who goes first among our own."""
        group = Path("/proc/self/autogroup")
        if group.exists() and (now := group.read_text().split()):
            group.write_text("-20")
            self.on_close = lambda: group.write_text(now[-1])

    def address_of(self, index):
        return f"198.51.100.{10 + index % ADDRESSES}"

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def urgent(self, *command):
        return ["nice", "-n", "-10", *command]

    def _tune(self, namespace):
        namespace.sysctl(net__ipv4__tcp_max_tw_buckets=600000,
                         net__ipv4__ip_local_port_range="1024 65535",
                         net__ipv4__tcp_max_syn_backlog=65535, net__core__somaxconn=65535)

    def _record_handshake(self):
        """A real ClientHello and the real first flight of a TLS 1.3 server that answers it."""
        key, cert, both = (self.folder / n for n in ("key.pem", "cert.pem", "both.pem"))
        sh("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj",
           "/CN=bench.test", "-addext", "subjectAltName=DNS:*.bench.test", "-keyout", key,
           "-out", cert)
        both.write_text(key.read_text() + cert.read_text())
        server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_side.load_cert_chain(cert, key)
        # A certificate as most have it, for complete handshakes.
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
           "-nodes", "-days", "30", "-subj", "/CN=bench.test", "-addext",
           "subjectAltName=DNS:*.bench.test", "-keyout", self.folder / "ec-key.pem", "-out",
           self.folder / "ec-cert.pem")
        sides = []
        for context, name in ((ssl.create_default_context(), self.names[0]), (server_side, None)):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            sides.append((context.wrap_bio(incoming, outgoing, server_side=name is None,
                                           server_hostname=name), incoming, outgoing))
        (client, _, sent), (server, received, answered) = sides
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
            if side is client:
                self.hello = sent.read()
                received.write(self.hello)
        self.flight = answered.read()
        (self.folder / "hello").write_bytes(self.hello)
        (self.folder / "flight").write_bytes(self.flight)

    # -- wiring ------------------------------------------------------------------------------------

    def gateway(self):
        """A fresh gateway namespace between the two others."""
        self.wired += 1
        short = f"gw{self.wired}"
        made = self.shop.namespace(short)
        for here, there, name in (("lan0", self.client, "eth0"), ("wan0", self.net, "eth0")):
            made.ip("link", "add", here, "type", "veth", "peer", "name", name, "netns", there.name)
            made.ip("link", "set", here, "up")
            there.ip("link", "set", name, "up")
        made.ip("addr", "add", "10.0.1.1/24", "dev", "lan0")
        made.ip("addr", "add", "198.51.100.1/24", "dev", "wan0")
        made.ip("route", "add", "default", "via", "198.51.100.254")
        self.client.ip("addr", "add", f"{self.CLIENT}/24", "dev", "eth0")
        for address in [self.DNS, "198.51.100.254",
                        *(self.address_of(i) for i in range(ADDRESSES))]:
            self.net.ip("addr", "add", f"{address}/24", "dev", "eth0")
        # The congestion control of a namespace is the host's; that of a route is ours.
        for namespace, route in ((made, "10.0.1.0/24 dev lan0 src 10.0.1.1"),
                                 (made, "198.51.100.0/24 dev wan0 src 198.51.100.1"),
                                 (self.net, "198.51.100.0/24 dev eth0 src 198.51.100.53"),
                                 (self.client, "default via 10.0.1.1")):
            namespace.ip("route", "replace", *route.split(), "congctl", "cubic")
        made.sysctl(net__ipv4__ip_forward=0)
        self._tune(made)
        return made

    def take_away(self, gateway, started):
        for child in started:
            self.shop.stop(child)
        remove_namespaces([gateway.name])
        for namespace in (self.client, self.net):  # a namespace goes away in its own time
            namespace.ip("link", "del", "eth0", check=False)

    def start_internet(self, dns_ttl=300):
        dns = self.net.start("dnsmasq", "-k", "-C", "/dev/null", f"--listen-address={self.DNS}",
                             "--bind-interfaces", "--no-resolv", "--no-hosts", "-u", "root",
                             f"--addn-hosts={self.hosts}", f"--local-ttl={dns_ttl}",
                             f"--pid-file={self.folder}/dns.pid", log="dns.log")
        count = self.folder / "count"
        count.unlink(missing_ok=True)
        server = self.net.start(*self.endpoint, "taskset", "-c", "1", self.load, "serve",
                                f"flight={self.folder}/flight", f"count={count}",
                                log="server.log")
        self._wait_for_server()
        return [dns, server]

    def _wait_for_server(self):
        if not wait_until(lambda: ":01BB " in self.net.sh("cat", "/proc/net/tcp"), 5, 0.05):
            raise RuntimeError("the server does not listen")

    def served(self):
        return int.from_bytes((self.folder / "count").read_bytes(), sys.byteorder)

    def close(self):
        self.shop.close()
        self.on_close()

    # -- measurements ------------------------------------------------------------------------------

    def call(self, mode, **options):
        command = [self.load, mode, f"hello={self.folder}/hello", f"flight={self.folder}/flight",
                   f"address={self.FIRST}", *(f"{k}={v}" for k, v in options.items())]
        return subprocess.Popen(self.client.wrap(*self.endpoint, "taskset", "-c", "0", *command),
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def rate(self, children, **options):
        """One run of the load's `rate` mode with the CPU time spent meanwhile."""
        before = self.served()
        load = self.call("rate", addresses=ADDRESSES, names=NAMES, **options)
        time.sleep(WARM_UP + 0.15)  # until the load is steady; it goes on a little after our window
        window = options["seconds"] - 0.3
        profiler = self.profile(children, window) if "rate" not in options else None
        start, machine, own = time.monotonic(), machine_busy(), cpu_of(children)
        time.sleep(window)
        span = time.monotonic() - start
        machine, own = machine_busy() - machine, minus(cpu_of(children), own)
        output, problem = load.communicate(timeout=30)
        if load.returncode != 0:
            raise RuntimeError(f"load: {problem}")
        if profiler:
            profiler.wait(30)
        result = json.loads(output)
        connections = max(1.0, result["per_second"] * span)
        time.sleep(0.05)
        result.update(machine_us=machine / connections * 1e6,
                      **{f"gateway_{k}_us": v / connections * 1e6 for k, v in own.items()},
                      busy_cpus=machine / span, served=self.served() - before)
        return result

    def profile(self, children, seconds):
        """With --perf: samples where the gateway's own processes spend their time."""
        if not self.options.perf or not children:
            return None
        pids = ",".join(str(p) for child in children for p in family(child.pid))
        return self.shop.start(["perf", "record", "-q", "-e", "cpu-clock", "-F", "4000", "-g",
                                "-p", pids, "-o", self.options.perf, "sleep", seconds])

    def stream(self, seconds):
        load = self.call("stream", seconds=seconds)
        output, problem = load.communicate(timeout=30)
        if load.returncode != 0:
            raise RuntimeError(f"load: {problem}")
        return json.loads(output)["gbit_per_second"]

    def handshake_rate(self, server, seconds):
        """Complete TLS connections per second: OpenSSL at both ends, in place of the load."""
        self.shop.stop(server)
        server = self.net.start(*self.endpoint, "taskset", "-c", "1", self.handshakes, "serve",
                                f"cert={self.folder}/ec-cert.pem", f"key={self.folder}/ec-key.pem",
                                log="tls.log")
        try:
            self._wait_for_server()
            output = self.client.sh(
                *self.endpoint, "taskset", "-c", "0", self.handshakes, "rate",
                f"ca={self.folder}/ec-cert.pem", f"address={self.FIRST}", f"addresses={ADDRESSES}",
                f"names={NAMES}", f"seconds={seconds}", f"concurrent={CONCURRENT}")
            return json.loads(output)
        finally:
            self.shop.stop(server)

    def probe(self, name):
        """How many bytes of the server's flight a connection for this name gets."""
        script = ("import socket,sys\ns=socket.create_connection((sys.argv[1],443),3)\n"
                  "s.settimeout(3)\ns.sendall(bytes.fromhex(sys.argv[2]))\nn=0\n"
                  "try:\n  while n<int(sys.argv[3]):\n    d=s.recv(65536)\n"
                  "    if not d: break\n    n+=len(d)\nexcept OSError: pass\nprint(n)\n")
        hello = self.hello.replace(self.names[0].encode(), name.encode())
        return int(self.client.sh(sys.executable, "-c", script, self.FIRST, hello.hex(),
                                  len(self.flight)).split()[-1])


def machine_busy():
    """CPU seconds that the whole machine has worked; what the host took away does not count."""
    user, nice, system, _, _, irq, softirq = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS


def family(pid):
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += family(int(child))
    return found


def cpu_of(children):
    """CPU seconds of processes, their threads and descendants. The sum is exact to microseconds
    (schedstat); its division into user and system time is sampled by the clock tick."""
    cpu = {"cpu": 0.0, "user": 0.0, "system": 0.0}
    for pid in {p for child in children for p in family(child.pid)}:
        for task in Path(f"/proc/{pid}/task").iterdir():
            cpu["cpu"] += int((task / "schedstat").read_text().split()[0]) / 1e9
            fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
            cpu["user"] += int(fields[11]) / TICKS
            cpu["system"] += int(fields[12]) / TICKS
    return cpu


def minus(left, right):
    return {key: left[key] - right[key] for key in left}


def wait_for_idle(patience=5.0):
    """Waits until the machine does nothing else; returns the busy share of its CPUs at the end."""
    end = time.monotonic() + patience
    while True:
        before, start = machine_busy(), time.monotonic()
        time.sleep(0.3)
        busy = (machine_busy() - before) / (time.monotonic() - start) / os.cpu_count()
        if busy < 0.06 or time.monotonic() > end:
            return round(busy, 3)


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) >> 20
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], text=True,
                            stdout=subprocess.PIPE).stdout.strip()
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "kernel": platform.release(), "cpu": cpu[1] if cpu else platform.machine(),
            "cpus": os.cpu_count(), "memory_gib": memory, "commit": commit}
