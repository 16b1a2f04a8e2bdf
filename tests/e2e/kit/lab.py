"""Lab: the whole laboratory in one context manager.

```
  c1 10.0.1.10 ──┐
  c2 10.0.1.11 ──┤ vpc (bridge; resolver 10.0.1.2) ── lan0 gw wan0 ── net 198.51.100.…, 203.0.113.…
  stranger .99 ──┘                           10.0.1.1   198.51.100.1
```

The Internet has no route to 10.0.1.0/24: what leaves without NAT is never answered. Forwarding is
off until somebody (the gateway, or plain_nat() for tests of the kit) turns it on. A rule of the
Internet drops packets with a TTL below 5: it plays the far router of the low-TTL tricks.
"""
from . import gateway, servers, zone
from .netns import Workshop, sweep
from .truth import TruthServer


class Lab:
    """Namespaces and servers. `with Lab() as lab:`; all is gone afterwards."""

    def __init__(self, keep=False, ssh=True):
        sweep()
        self.shop = Workshop(keep)
        try:
            self._build(ssh)
        except BaseException:
            self.shop.keep = False
            self.close()
            raise

    def _build(self, ssh):
        shop = self.shop
        self.folder = shop.folder
        self.net = shop.namespace("net")
        self.gw = shop.namespace("gw")
        self.vpc = shop.namespace("vpc")
        self.clients = {name: shop.namespace(name) for name in zone.CLIENTS}
        self._cables()
        self._internet_rules()
        self.certificates = servers.Certificates(self.folder / "pki")
        self.dns = servers.DnsServer(shop, self.net, zone.DNS, "dns", zone.ZONE)
        self.vpc_dns = servers.DnsServer(shop, self.vpc, zone.VPC_RESOLVER, "vpc-dns", zone.ZONE)
        servers.start_nginx(shop, self.net, self.certificates)
        servers.start_old_tls(shop, self.net, self.certificates)
        servers.start_retrying_tls(shop, self.net, self.certificates)
        if ssh:
            self.ssh_folder = servers.start_sshd(shop, self.net)
        self.repository = servers.make_repository(shop)
        self._truths = []

    def _cables(self):
        self.vpc.ip("link", "add", "br0", "type", "bridge")
        self.vpc.sh("sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0", check=False)
        self.vpc.ip("addr", "add", f"{zone.VPC_RESOLVER}/24", "dev", "br0")
        self.vpc.ip("link", "set", "br0", "up")
        self._cable(self.gw, "lan0", self.vpc, "port-gw")
        for name, address in zone.CLIENTS.items():
            client = self.clients[name]
            self._cable(client, "eth0", self.vpc, f"port-{name}")
            client.ip("addr", "add", f"{address}/24", "dev", "eth0")
            client.ip("route", "add", "default", "via", zone.GATEWAY_INSIDE)
            client.resolv_conf(f"nameserver {zone.VPC_RESOLVER}\noptions timeout:2 attempts:2\n")
        for port in self.vpc.sh("ls", "/sys/class/net").split():
            if port.startswith("port-"):
                self.vpc.ip("link", "set", port, "master", "br0")
        self._cable(self.gw, "wan0", self.net, "eth0")
        self.gw.ip("addr", "add", f"{zone.GATEWAY_INSIDE}/24", "dev", "lan0")
        self.gw.ip("addr", "add", f"{zone.GATEWAY_OUTSIDE}/24", "dev", "wan0")
        for address in zone.OUTSIDE:
            self.net.ip("addr", "add", f"{address}/24", "dev", "eth0")
        self.net.ip("addr", "add", "198.51.100.254/24", "dev", "eth0")
        self.gw.ip("route", "add", "default", "via", "198.51.100.254")
        self.gw.sysctl(net__ipv4__ip_forward=0)

    def _cable(self, here, here_name, there, there_name):
        here.ip("link", "add", here_name, "type", "veth", "peer", "name", there_name,
                "netns", there.name)
        here.ip("link", "set", here_name, "up")
        there.ip("link", "set", there_name, "up")

    def _internet_rules(self):
        self.net.sh("nft", "-f", "-", stdin="""
            table inet lab {
              chain pre { type filter hook prerouting priority raw; ip ttl < 5 drop; }
            }""")
        for client in self.clients.values():
            # Our raw-socket handshakes have no kernel socket: its resets must not get out. What we
            # send on purpose bears mark 7.
            client.sh("nft", "-f", "-", stdin="""
                table inet lab {
                  set raw_ports { type inet_service; flags interval; elements = { 61000-65535 } }
                  chain out {
                    type filter hook output priority filter;
                    meta mark != 7 tcp sport @raw_ports tcp flags & rst == rst drop
                  }
                }""")
            client.sysctl(net__ipv4__ip_local_port_range="20000 60000")

    @property
    def c1(self):
        return self.clients["c1"]

    @property
    def c2(self):
        return self.clients["c2"]

    @property
    def stranger(self):
        return self.clients["stranger"]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.shop.keep = False
        self.close()

    def close(self):
        for truth in getattr(self, "_truths", []):
            truth.close()
        self.shop.close()

    def leaks(self):
        return self.shop.leaks()

    def truth(self, address=zone.TRUTH, port=443, reply=None):
        """A server that records what it received; see truth.py."""
        made = TruthServer(self.net, address, port, reply)
        self._truths.append(made)
        return made

    def update_zone(self, entries):
        self.dns.update(entries)
        self.vpc_dns.update(entries)

    def gateway(self, config=None, healthy=True, **options):
        """A gateway.Gateway that is started and, unless told otherwise, healthy."""
        made = gateway.Gateway(self, config or gateway.default_config(), **options)
        try:
            made.start(healthy)
        except BaseException:
            made.flush()
            raise
        return made

    def plain_nat(self):
        """NAT without any judgement, for tests of the laboratory itself. Returns the undo."""
        self.gw.sh("nft", "-f", "-", stdin="""
            table ip lab_nat {
              chain post { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }
            }""")
        self.gw.sysctl(net__ipv4__ip_forward=1)

        def undo():
            self.gw.sh("nft", "delete", "table", "ip", "lab_nat")
            self.gw.sysctl(net__ipv4__ip_forward=0)
        return undo

    # -- clients people use --------------------------------------------------------------------

    def curl(self, url, *options, client="c1", timeout=30, limit=15):
        return self.clients[client].run(
            "curl", "-sS", "--max-time", str(limit), "--cacert", self.certificates.ca, *options,
            url, timeout=timeout)

    def wget(self, url, *options, client="c1"):
        return self.clients[client].run(
            "wget", "-nv", "-O", "-", "-t", "1", "-T", "15",
            f"--ca-certificate={self.certificates.ca}", *options, url)

    def gnutls(self, host, *options, port=443, client="c1"):
        return self.clients[client].run(
            "gnutls-cli", "--x509cafile", self.certificates.ca, "-p", str(port), *options, host,
            stdin=f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n")

    def openssl(self, connect, *options, client="c1", stdin="Q\n"):
        return self.clients[client].run(
            "openssl", "s_client", "-connect", connect, "-CAfile", self.certificates.ca,
            *options, stdin=stdin)

    def ssh_options(self):
        folder = self.ssh_folder
        return ["-F", "/dev/null", "-i", f"{folder}/client_key", "-o", "BatchMode=yes",
                "-o", f"UserKnownHostsFile={folder}/known_hosts", "-o", "ConnectTimeout=10",
                "-o", "IdentityAgent=none"]

    def ssh(self, host, *command, client="c1", options=()):
        return self.clients[client].run("ssh", *self.ssh_options(), *options, f"root@{host}",
                                        *(command or ["echo reached by ssh"]))

    def git(self, url, client="c1"):
        env = {"GIT_SSL_CAINFO": str(self.certificates.ca), "GIT_TERMINAL_PROMPT": "0",
               "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
               "GIT_SSH_COMMAND": " ".join(["ssh", *self.ssh_options()])}
        return self.clients[client].run("git", "ls-remote", url, env=env)
