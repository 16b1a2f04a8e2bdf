"""The gateways that bench/run compares: how each is set up in the gateway's namespace.

A function per gateway takes the Bench (bench/run) and a fresh gateway namespace with forwarding
off, and returns the children that do its work; nothing returned means that the kernel does all.
All but plain NAT allow the same 10,000 names and refuse others. discriminat logs every connection;
the others log nothing, because not all of them can, so the comparison is in their favour.
"""
import json
import socket
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "scripts" / "lib")]
from kit.netns import wait_until  # noqa: E402

PORT = 15443  # where proxies listen
NAMES_PER_RULE = 10

MASQUERADE = 'chain post { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }'
REDIRECT = f"""table ip bench {{
  chain pre {{ type nat hook prerouting priority dstnat;
    iifname "lan0" tcp dport 443 redirect to :{PORT}; }}
  {MASQUERADE}
}}"""
# A packet for a proxy that does not listen would be forwarded: hence the forward chain.
TPROXY = f"""table ip bench {{
  chain pre {{ type filter hook prerouting priority mangle;
    meta l4proto tcp socket transparent 1 meta mark set 0x64 accept
    iifname "lan0" tcp dport 443 tproxy to 127.0.0.1:{PORT} meta mark set 0x64 accept; }}
  chain forward {{ type filter hook forward priority filter; policy drop; }}
  {MASQUERADE}
}}"""


def listens(gateway, port):
    wanted = f":{port:04X} "
    return wait_until(lambda: wanted in gateway.sh("cat", "/proc/net/tcp", "/proc/net/tcp6"), 10,
                      0.1)


def start_proxy(bench, gateway, ruleset, *command):
    gateway.sh("nft", "-f", "-", stdin=ruleset)
    gateway.sysctl(net__ipv4__ip_forward=1)
    child = gateway.start(*bench.urgent(*command), log=f"{command[0]}.log")
    if not listens(gateway, PORT):
        output = (bench.folder / f"{command[0]}.log").read_text(errors="replace")
        raise RuntimeError(f"{command[0]} does not listen\n{output[-2000:]}")
    return [child]


def plain_nat(_bench, gateway):
    gateway.sh("nft", "-f", "-", stdin=f"table ip bench {{\n{MASQUERADE}\n}}")
    gateway.sysctl(net__ipv4__ip_forward=1)
    return []


# -- discriminat -----------------------------------------------------------------------------------

def policy(bench, loops, state):
    lines = ["[gateway]", 'inside = ["lan0"]', 'outside = "wan0"', f"queues = {loops}",
             f"state_dir = {json.dumps(str(state))}", 'instance = "bench"',
             "require_synchronised_clock = false", "[dns]", f'upstream = ["{bench.DNS}"]',
             "[preferences]", 'flow_log_verbosity = "full"', "[[group]]", 'gid = "sg-bench"']
    for i in range(0, len(bench.names), NAMES_PER_RULE):
        some = ",".join(bench.names[i:i + NAMES_PER_RULE])
        lines += ["[[group.egress]]", f'description = "discriminat:tls:{some}"', "ports = 443"]
    lines += ["[[client]]", f'address = "{bench.CLIENT}"', 'groups = ["sg-bench"]']
    return "\n".join(lines) + "\n"


def health(gateway):
    with gateway.entered():
        sock = socket.socket()
    with sock:
        sock.settimeout(2)
        try:
            sock.connect(("127.0.0.1", 1042))
            sock.sendall(b"GET / HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n")
            return b" 200 " in sock.recv(4096).split(b"\n")[0]
        except OSError:
            return False


def discriminat(loops):
    def start(bench, gateway):
        state = bench.folder / f"state-{gateway.name}"
        state.mkdir()
        file = bench.folder / f"{gateway.name}.toml"
        file.write_text(policy(bench, loops, state))
        child = start_discriminat(bench, gateway, file)
        wait_for_names(state, len(bench.names))
        bench.flow_log = state / "flow"
        return [child]
    return start


def start_discriminat(bench, gateway, file, env=None):
    child = gateway.start(*bench.urgent(bench.binary, "run", "--config", file), env=env,
                          log=f"{gateway.name}.log")
    if not wait_until(lambda: health(gateway), 60, 0.1):
        output = (bench.folder / f"{gateway.name}.log").read_text(errors="replace")
        raise RuntimeError(f"discriminat is not healthy\n{output[-2000:]}")
    return child


def wait_for_names(state, count, patience=30):
    """The gateway looks all names of its policy up before it is asked for them."""
    def all_known():
        try:
            loops = json.loads((state / "status.json").read_text())["packet_loops"]
        except (OSError, ValueError):
            return False
        return all(loop["ledger_names"] >= count for loop in loops)
    if not wait_until(all_known, patience, 0.2):
        raise RuntimeError("discriminat did not look all names up")


# -- the others ------------------------------------------------------------------------------------

def haproxy(bench, gateway):
    names = bench.write("haproxy.names", "\n".join(bench.names) + "\n")
    config = bench.write("haproxy.cfg", f"""global
  maxconn 6000
  nbthread 2
defaults
  mode tcp
  option splice-auto
  option splice-request
  option splice-response
  timeout client 30s
  timeout server 30s
  timeout connect 5s
frontend clients
  bind 0.0.0.0:{PORT} transparent
  tcp-request inspect-delay 5s
  tcp-request content accept if {{ req.ssl_hello_type 1 }} {{ req.ssl_sni -i -f {names} }}
  tcp-request content reject if {{ req.ssl_hello_type 1 }}
  tcp-request content reject if WAIT_END
  default_backend original
backend original
  server destination 0.0.0.0:0
""")
    gateway.ip("rule", "add", "fwmark", "0x64", "lookup", "100")
    gateway.ip("route", "add", "local", "0.0.0.0/0", "dev", "lo", "table", "100")
    return start_proxy(bench, gateway, TPROXY, "haproxy", "-db", "-f", config)


def nginx(bench, gateway):
    """It cannot learn the original destination: names map to addresses."""
    table = bench.write("nginx.map", "".join(f"{n} {bench.address_of(i)}:443;\n"
                                             for i, n in enumerate(bench.names)))
    config = bench.write("nginx.conf", f"""load_module /usr/lib/nginx/modules/ngx_stream_module.so;
worker_processes 2; daemon off; pid {bench.folder}/nginx.pid;
error_log {bench.folder}/nginx.err crit; worker_rlimit_nofile 20000;
events {{ worker_connections 8000; }}
stream {{
  map_hash_max_size 65536; map_hash_bucket_size 128;
  map $ssl_preread_server_name $up {{ default 127.0.0.1:9; include {table}; }}
  server {{ listen {PORT} backlog=65535; ssl_preread on; proxy_pass $up; access_log off; }}
}}
""")
    return start_proxy(bench, gateway, REDIRECT, "nginx", "-c", config)


def sniproxy(bench, gateway):
    """Its table is a list of patterns, tried in order: 10,000 of them are not its strength."""
    rows = "".join(f"    {n} {bench.address_of(i)}:443\n" for i, n in enumerate(bench.names))
    config = bench.write("sniproxy.conf", f"""user root
pidfile {bench.folder}/sniproxy.pid
error_log {{
    filename {bench.folder}/sniproxy.err
    priority error
}}
listener 0.0.0.0:{PORT} {{
    protocol tls
    table names
}}
table names {{
{rows}}}
""")
    return start_proxy(bench, gateway, REDIRECT, "sniproxy", "-f", "-c", config)


def squid(bench, gateway):
    """It compares the destination with its own look-up of the name, so it needs a near resolver."""
    resolver = gateway.start("dnsmasq", "-k", "-C", "/dev/null", "--listen-address=127.0.0.1",
                             "--bind-interfaces", "--no-resolv", "--no-hosts", "-u", "root",
                             f"--addn-hosts={bench.hosts}", "--local-ttl=3600",
                             "--cache-size=10000", f"--pid-file={bench.folder}/squid-dns.pid")
    names = bench.write("squid.names", "\n".join(bench.names) + "\n")
    config = bench.write("squid.conf", f"""
https_port {PORT} intercept ssl-bump tls-cert={bench.folder}/both.pem \
generate-host-certificates=off
http_port 15128
acl step1 at_step SslBump1
acl allowed ssl::server_name "{names}"
ssl_bump peek step1
ssl_bump splice allowed
ssl_bump terminate all
http_access allow all
cache deny all
access_log none
cache_log {bench.folder}/squid.cache.log
cache_store_log none
pid_filename {bench.folder}/squid.pid
coredump_dir {bench.folder}
hosts_file none
dns_nameservers 127.0.0.1
host_verify_strict off
max_filedescriptors 16000
shutdown_lifetime 1 seconds
pinger_enable off
""")
    for leftover in Path("/dev/shm").glob("squid-*.shm"):  # of a crash; it would not start
        leftover.unlink()
    children = start_proxy(bench, gateway, REDIRECT, "squid", "-N", "-f", config)
    time.sleep(0.5)
    return [*children, resolver]


GATEWAYS = {
    "plain NAT": plain_nat,
    "discriminat, 1 loop": discriminat(1),
    "discriminat, 2 loops": discriminat(2),
    "HAProxy": haproxy,
    "nginx": nginx,
    "sniproxy": sniproxy,
    "Squid": squid,
}
