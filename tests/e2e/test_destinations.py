"""Where nobody may go: special addresses, the gateway, other clients; and NAT's own dangers."""
import socket

import pytest

from kit import hello, zone as z
from kit.gateway import default_config
from kit.netns import wait_until
from kit.rawtcp import ACK, PSH, SYN, RawConnection
from kit.talk import connect, talk


def CONFIG():
    config = default_config()
    config.groups["sg-see"] = ["discriminat:see-thru:2999-12-31"]
    config.clients[z.CLIENTS["c2"]] = ["sg-see"]
    config.subnets["10.0.2.0/24"] = ["sg-web"]
    return config


SPECIAL = ["169.254.169.254", "10.0.2.7", "100.64.0.1", "0.1.2.3", "240.0.0.1", "224.0.0.5",
           "255.255.255.255", "127.0.0.2", z.GATEWAY_OUTSIDE]


def raw_syn(lab, address, client, port=443):
    """Raw, because an honest client's kernel does not even send to some of them."""
    c = RawConnection(lab, address, port, client=client, handshake=False)
    c.out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    try:
        c.packet(c.isn, 0, SYN)
        return c
    except OSError:
        c.close()
        return None


@pytest.mark.parametrize("client", ["c1", "c2"], ids=["ordinary", "see-thru"])
@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.2.7"])
def test_special_destinations_are_refused_and_logged(address, client, lab, gateway):
    assert raw_syn(lab, address, client)
    gateway.wait_for_flow(dst=address, src=z.CLIENTS[client], outcome="disallowed",
                          reason="dst-special")


@pytest.mark.parametrize("address", SPECIAL)
def test_no_packet_for_a_special_destination_leaves(address, lab, gateway):
    with lab.net.entered():
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    with tap:
        raw_syn(lab, address, "c1")
        raw_syn(lab, address, "c2")
        raw_syn(lab, z.TRUTH, "c1", 9)  # the mark: what came before it has been handled
        tap.settimeout(3)
        while (packet := tap.recv(2048))[16:20] != socket.inet_aton(z.TRUTH):
            assert packet[16:20] != socket.inet_aton(address)


def listener(ns, address, port):
    with ns.entered():
        sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.listen(5)
    return sock


def reaches(lab, address, port, client="c1"):
    try:
        connect(lab, address, port, client, timeout=1.5).close()
        return True
    except OSError:
        return False


def test_of_the_gateway_itself_clients_reach_only_health_and_dns(lab, gateway):
    assert gateway.health(lab.c1, z.GATEWAY_INSIDE) == 200
    with listener(lab.gw, "0.0.0.0", 53), listener(lab.gw, "0.0.0.0", 9999):
        assert reaches(lab, z.GATEWAY_INSIDE, 53)
        assert not reaches(lab, z.GATEWAY_INSIDE, 9999)
        assert not reaches(lab, z.GATEWAY_OUTSIDE, 9999)
        assert not reaches(lab, z.GATEWAY_OUTSIDE, 9999, "c2")


def test_nothing_comes_in_from_the_internet(lab, gateway):
    """Straight to a client through the gateway's outside address: as a neighbour router could."""
    lab.net.ip("route", "add", "10.0.1.0/24", "via", z.GATEWAY_OUTSIDE)
    try:
        with listener(lab.c1, "0.0.0.0", 8080), lab.net.entered():
            sock = socket.socket()
            with sock:
                sock.settimeout(1.5)
                with pytest.raises(OSError):
                    sock.connect((z.CLIENTS["c1"], 8080))
    finally:
        lab.net.ip("route", "del", "10.0.1.0/24")


def test_a_client_cannot_speak_for_another(lab, gateway, truth):
    """Clients of one subnet share a wire here; an address of another subnet is caught."""
    server = truth()
    c = RawConnection(lab, z.TRUTH, handshake=False)
    c.src = "203.0.113.200"
    c.packet(c.isn, 0, SYN)
    c.src = z.GATEWAY_INSIDE
    c.packet(c.isn, 0, SYN)
    c.drain(0.5)
    assert server.connections == []


@pytest.mark.parametrize(("address", "port"), [(z.TRUTH, 443), (z.GATEWAY_INSIDE, 1042)],
                         ids=["forwarded", "to the gateway"])
def test_a_forged_source_is_counted(address, port, lab, gateway):
    def dropped():
        text = lab.gw.sh("nft", "list", "counter", "ip", "discriminat", "spoofed_source")
        return int(text.split("packets")[1].split()[0])

    before = dropped()
    c = RawConnection(lab, address, port, handshake=False)
    c.src = "203.0.113.200"
    c.packet(c.isn, 0, SYN)
    assert wait_until(lambda: dropped() > before, 3)


def test_no_connection_tracking_helper_opens_a_way_in(lab, gateway):
    """NAT slipstreaming: text that looks like SIP or FTP must not open a port."""
    sysctl = lab.gw.run("sysctl", "-n", "net.netfilter.nf_conntrack_helper").text.strip()
    assert sysctl in ("", "0") or "cannot stat" in sysctl or "No such file" in sysctl
    text = (b"PORT 10,0,1,10,31,144\r\n", b"REGISTER sip:a SIP/2.0\r\nContact: "
            b"<sip:a@10.0.1.10:8080;transport=tcp>\r\nContent-Length: 0\r\n\r\n")
    for data, port in zip(text, (21, 5060)):
        server = lab.truth(z.TRUTH, port)
        talk(lab, data, port=port, client="c2", timeout=0.5)
        server.close()
    expectations = lab.gw.run("conntrack", "-L", "expect").text
    assert "proto=6" not in expectations and "proto=17" not in expectations


def test_the_kernel_settings_that_the_verdicts_rely_on(lab, gateway):
    assert lab.gw.get_sysctl("net.netfilter.nf_conntrack_tcp_loose") == "0"
    assert lab.gw.get_sysctl("net.ipv4.conf.all.accept_source_route") == "0"
    assert lab.gw.get_sysctl("net.ipv4.ip_forward") == "1"


def test_source_ports_are_not_preserved(lab, gateway, truth):
    """Fully random ports: an off-path attacker cannot guess them from the client's own."""
    data = hello.hello()
    server = truth(reply=hello.answers_once(len(data), hello.first_flight))
    ports = []
    for _ in range(4):
        c = RawConnection(lab, z.TRUTH)
        c.send(0, data, flags=PSH | ACK)
        assert c.wait_payload()
        ports.append(c.sport)
    seen = [connection.peer[1] for connection in server.connections]
    assert not set(seen) & set(ports)
