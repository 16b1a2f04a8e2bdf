"""The servers of the laboratory's Internet: certificates, nginx, an old TLS server, sshd, git, DNS.

Every server is a program that people really use; only the DNS server is ours, because its answers
must follow a script. All of them run in the namespace they are given and write below the lab's
temporary folder.
"""
import json
import os
import socket
import sys
from pathlib import Path

from . import zone
from .netns import sh, wait_until

_HERE = Path(__file__).parent


class Certificates:
    """An own authority, one leaf for all the names, and the authority's revocation list."""

    def __init__(self, folder):
        folder.mkdir()
        self.ca = folder / "ca.pem"
        self.key = folder / "server.key"
        self.chain = folder / "server.pem"
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        sh("openssl", "req", "-x509", *new_key, "-keyout", folder / "ca.key", "-out", self.ca,
           "-days", "30", "-subj", "/CN=laboratory authority",
           "-addext", "basicConstraints=critical,CA:TRUE",
           "-addext", "keyUsage=keyCertSign,cRLSign")
        sh("openssl", "req", *new_key, "-keyout", self.key, "-out", folder / "server.csr",
           "-subj", "/CN=laboratory server")
        names = folder / "names.ext"
        names.write_text("subjectAltName=" + ",".join(f"DNS:{n}" for n in zone.TLS_NAMES) + "\n"
                         "crlDistributionPoints=" + ",".join(f"URI:{u}" for u in zone.CRLS) + "\n")
        sh("openssl", "x509", "-req", "-in", folder / "server.csr", "-CA", self.ca,
           "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "30", "-extfile", names,
           "-out", self.chain)
        self.crl = folder / "authority.crl"
        (folder / "index.txt").touch()
        (folder / "ca.conf").write_text(
            f"[ca]\ndefault_ca=lab\n[lab]\ndatabase={folder}/index.txt\ndefault_md=sha256\n"
            "default_crl_days=30\n")
        sh("openssl", "ca", "-config", folder / "ca.conf", "-gencrl", "-cert", self.ca,
           "-keyfile", folder / "ca.key", "-out", folder / "crl.pem")
        sh("openssl", "crl", "-in", folder / "crl.pem", "-outform", "DER", "-out", self.crl)
        # GnuTLS and OpenSSL clients want the chain without the root.
        self.key.chmod(0o644)


_NGINX = """
daemon off; master_process off; worker_processes 1;
pid {folder}/nginx.pid; error_log {folder}/nginx-error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log {folder}/nginx-access.log; default_type text/plain; server_names_hash_bucket_size 128;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5; sendfile on; tcp_nodelay on;
  server {{
    {tls_listen}
    ssl_certificate {chain}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;
    root {www}; add_header X-Seen $server_addr always;
    location / {{ return 200 "this is $ssl_server_name at $server_addr\\n"; }}
    location /big.bin {{ limit_rate {rate}; limit_rate_after 1; }}
    location /repo.git/ {{ }}
  }}
  server {{
    {http_listen}
    root {www};
    location / {{ return 200 "plain HTTP at $server_addr\\n"; }}
    location /crl/ {{ }}
  }}
}}
"""


def start_nginx(shop, ns, certificates):
    folder = shop.folder / "nginx"
    www = shop.folder / "www"
    folder.mkdir()
    (www / "crl").mkdir(parents=True)
    with open(www / "big.bin", "wb") as file:
        block = bytes(range(256)) * 40
        while file.tell() < zone.BIG_BYTES:
            file.write(block)
        file.truncate(zone.BIG_BYTES)
    (www / "crl" / "authority.crl").write_bytes(certificates.crl.read_bytes())
    (www / "crl" / "other.crl").write_bytes(b"named in no certificate\n")
    (www / "crl" / "large.crl").write_bytes(bytes(range(256)) * (zone.LARGE_CRL_BYTES // 256))
    conf = folder / "nginx.conf"
    conf.write_text(_NGINX.format(
        folder=folder, www=www, chain=certificates.chain, key=certificates.key, rate=zone.BIG_RATE,
        tls_listen=" ".join(f"listen {a}:443 ssl; listen {a}:8443 ssl;"
                            for a in zone.TLS_ADDRESSES),
        http_listen=" ".join(f"listen {a}:80;" for a in zone.HTTP_ADDRESSES)))
    ns.start("nginx", "-c", conf, "-p", folder, "-e", folder / "nginx-error.log", log="nginx.log")
    wait_for_port(ns, zone.TLS_ADDRESSES[0], 443, shop.folder / "nginx.log")


def start_old_tls(shop, ns, certificates):
    """A server that speaks TLS 1.1 at most. Level 0 is what OpenSSL 3 wants for that."""
    ns.start("openssl", "s_server", "-accept", "198.51.100.14:443", "-tls1_1", "-quiet", "-www",
             "-cipher", "ALL:@SECLEVEL=0", "-cert", certificates.chain, "-key", certificates.key,
             log="old-tls.log")
    wait_for_port(ns, "198.51.100.14", 443, shop.folder / "old-tls.log")


def start_retrying_tls(shop, ns, certificates):
    """A TLS 1.3 server that answers the usual key shares with a HelloRetryRequest."""
    ns.start("openssl", "s_server", "-accept", "198.51.100.22:443", "-tls1_3", "-groups", "P-384",
             "-quiet", "-www", "-cert", certificates.chain, "-key", certificates.key,
             log="hrr-tls.log")
    wait_for_port(ns, "198.51.100.22", 443, shop.folder / "hrr-tls.log")


def start_sshd(shop, ns):
    """sshd with a key of its own; root may log in with the lab's client key."""
    folder = shop.folder / "ssh"
    folder.mkdir()
    for name in ("host_key", "client_key"):
        sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name)
    keys = folder / "authorized_keys"
    keys.write_text((folder / "client_key.pub").read_text())
    keys.chmod(0o600)
    host = " ".join((folder / "host_key.pub").read_text().split()[:2])
    (folder / "known_hosts").write_text(f"* {host}\n")
    listen = "\n".join(f"ListenAddress {a}:22\nListenAddress {a}:2222" for a in zone.SSH_ADDRESSES)
    (folder / "sshd_config").write_text(
        f"{listen}\nHostKey {folder}/host_key\nAuthorizedKeysFile {keys}\nStrictModes no\n"
        f"PidFile {folder}/sshd.pid\nUsePAM no\nPermitRootLogin prohibit-password\n"
        "PasswordAuthentication no\nPrintLastLog no\nLogLevel VERBOSE\nUseDNS no\n")
    # sshd wants its /run/sshd: it gets one in the mount namespace that `ip netns exec` makes.
    ns.start("sh", "-c", 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"', "sh",
             "/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config", log="sshd.log")
    wait_for_port(ns, zone.SSH_ADDRESSES[0], 22, shop.folder / "sshd.log")
    return folder


def make_repository(shop):
    """A small repository: bare for git over ssh, and as plain files for git over https."""
    work, bare = shop.folder / "work", shop.folder / "repo.git"
    quiet = ["-c", "user.name=lab", "-c", "user.email=lab@localhost", "-c", "commit.gpgsign=false"]
    sh("git", "init", "-q", "-b", "main", work)
    (work / "README").write_text("reached through the gateway\n")
    sh("git", "-C", work, "add", "README")
    sh("git", "-C", work, *quiet, "commit", "-q", "-m", "first")
    sh("git", "clone", "-q", "--bare", work, bare)
    sh("git", "-C", bare, "update-server-info")
    os.symlink(bare, shop.folder / "www" / "repo.git")
    return bare


class DnsServer:
    """Our scripted server (dns_server.py) and its query log."""

    def __init__(self, shop, ns, address, name, entries):
        self.shop = shop
        self.ns = ns
        self.address = address
        self.zone_path = shop.folder / f"{name}-zone.json"
        self.log_path = shop.folder / f"{name}-queries.jsonl"
        self.child_log = f"{name}.log"
        self.log_path.touch()
        self.child = None
        self.entries = {}
        self.update(entries)
        self.start()

    def start(self):
        self.child = self.ns.start(sys.executable, _HERE / "dns_server.py", f"{self.address}:53",
                                   self.zone_path, self.log_path, log=self.child_log)
        wait_for_port(self.ns, self.address, 53, self.shop.folder / self.child_log)

    def stop(self):
        self.shop.stop(self.child)

    def update(self, entries):
        """Changes the script; None removes a name."""
        for name, entry in entries.items():
            if entry is None:
                self.entries.pop(name, None)
            else:
                self.entries[name] = entry
        fresh = self.zone_path.with_suffix(".new")
        fresh.write_text(json.dumps(self.entries))
        fresh.rename(self.zone_path)

    def questions(self):
        """All names asked so far, in order."""
        lines = self.log_path.read_text().splitlines()
        return [json.loads(line)["name"] for line in lines if line.endswith("}")]


def wait_for_port(ns, address, port, log, timeout=10):
    def answers():
        with ns.entered():
            probe = socket.socket()
        with probe:
            probe.settimeout(0.5)
            return probe.connect_ex((address, port)) == 0
    if not wait_until(answers, timeout, 0.05):
        text = log.read_text(errors="replace") if log.exists() else ""
        raise RuntimeError(f"nothing listens on {address}:{port}\n{text}")
