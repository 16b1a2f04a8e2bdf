"""Wires the two network interfaces of an EC2 instance for a gateway.

  set_up_aws_network.py [--policy FILE] [--clients BLOCK]…

Asks the metadata service (version 2) which interface is which: device 0 is outside, device 1 inside.
Configures the inner one for systemd-networkd: no default route, and the blocks of the VPC (and
--clients, for those of peered networks) through the router of its subnet, since answers to clients
must leave where their packets came in. Puts the names into FILE instead of @INSIDE@ and @OUTSIDE@.
May be run again at any time; what is right already is not touched.
"""
import argparse
import ipaddress
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

SERVICE = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/")
WAIT_ONLINE = "/lib/systemd/systemd-networkd-wait-online"
# Before whatever the image brings for all interfaces: the first file that matches counts.
NETWORK_FILE = "etc/systemd/network/05-discriminat-inside.network"


class Metadata:
    """The metadata service; every question carries a token."""

    def __init__(self):
        # Never through a proxy of the environment.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.token = self._ask("PUT", "/latest/api/token",
                               {"X-aws-ec2-metadata-token-ttl-seconds": "300"})

    def _ask(self, method, path, headers):
        request = urllib.request.Request(SERVICE + path, method=method, headers=headers)
        try:
            with self.opener.open(request, timeout=5) as answer:
                return answer.read().decode()
        except OSError as error:
            sys.exit(f"the metadata service does not tell {path}: {error}")

    def lines(self, path):
        text = self._ask("GET", f"/latest/meta-data/{path}",
                         {"X-aws-ec2-metadata-token": self.token})
        return [line.strip().rstrip("/") for line in text.splitlines() if line.strip()]


def interfaces(metadata):
    """{device number: MAC}"""
    base = "network/interfaces/macs"
    macs = metadata.lines(f"{base}/")
    return {int(metadata.lines(f"{base}/{mac}/device-number")[0]): mac for mac in macs}


def name_of(root, mac):
    for address in sorted(root.glob("sys/class/net/*/address")):
        if address.read_text().strip().lower() == mac.lower():
            return address.parent.name
    sys.exit(f"no interface has the address {mac}; is it attached?")


def network_file(metadata, mac, clients):
    base = f"network/interfaces/macs/{mac}"
    subnet = ipaddress.ip_network(metadata.lines(f"{base}/subnet-ipv4-cidr-block")[0])
    # The first address of a subnet is its router's (VPC user guide, "Subnet sizing").
    router = subnet.network_address + 1
    blocks = [ipaddress.ip_network(b) for b in
              [*metadata.lines(f"{base}/vpc-ipv4-cidr-blocks"), *clients]]
    text = ("# Written by set_up_aws_network.py.\n"
            f"[Match]\nMACAddress={mac}\n\n"
            "[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n\n"
            "[DHCPv4]\nUseGateway=no\nUseRoutes=no\nUseDNS=no\nUseDomains=no\nUseNTP=no\n"
            "UseMTU=yes\n")
    for block in dict.fromkeys(blocks):
        text += f"\n[Route]\nDestination={block}\nGateway={router}\n" \
                "GatewayOnLink=yes\n"
    return text


def write(path, text):
    """Whether anything changed."""
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return True


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--policy", type=Path, help="file with @INSIDE@ and @OUTSIDE@")
    arguments.add_argument("--clients", action="append", default=[], metavar="BLOCK",
                           help="clients outside of the VPC; may be repeated")
    arguments.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    options = arguments.parse_args()
    metadata = Metadata()
    macs = interfaces(metadata)
    if 0 not in macs or 1 not in macs:
        sys.exit("a gateway needs two network interfaces, device 0 (outside) and 1 (inside); "
                 f"there are: {sorted(macs)}")
    outside, inside = (name_of(options.root, macs[device]) for device in (0, 1))
    text = network_file(metadata, macs[1], options.clients)
    if write(options.root / NETWORK_FILE, text) and options.root == Path("/"):
        subprocess.run(["networkctl", "reload"], check=True)
        subprocess.run(["networkctl", "reconfigure", inside], check=True)
        # The gateway reads its own addresses when it starts.
        subprocess.run([WAIT_ONLINE, f"--interface={inside}", "--timeout=60"], check=True)
    if options.policy:
        policy = options.policy.read_text()
        write(options.policy, policy.replace("@INSIDE@", inside).replace("@OUTSIDE@", outside))
    print(f"inside {inside}, outside {outside}")


if __name__ == "__main__":
    main()
