"""The policy file is read again when it changes; a broken one changes nothing."""
import copy
import time

import pytest

from kit import hello, zone as z
from kit.netns import wait_until
from kit.talk import Talk, connect, listen_to


@pytest.fixture
def changing(gateway):
    """The gateway, whose policy is put back afterwards."""
    before = copy.deepcopy(gateway.config)
    yield gateway
    gateway.config = before
    gateway.write()
    # The last group marks that this version has been taken in.
    marker = f"sg-marker-{time.monotonic_ns()}"
    gateway.config = before.copy()
    gateway.config.groups[marker] = ["discriminat:tls:marker.test"]
    gateway.config.clients["10.0.1.77"] = [marker]
    gateway.apply(gid=marker, outcome="accepted")
    gateway.config = before


def test_a_new_rule_allows(lab, changing):
    assert not lab.curl("https://unlisted.test/").ok
    changing.config.groups["sg-web"].append("discriminat:tls:unlisted.test")
    line = changing.apply(addr="unlisted.test", outcome="accepted")
    assert (line["cat"], line["gid"], line["proto"]) == ("addr", "sg-web", "tls")
    assert lab.curl("https://unlisted.test/").ok


def test_the_first_connection_of_a_new_rule_is_not_refused_for_want_of_an_answer(lab, changing):
    """The handshake is held while the name is looked up."""
    changing.config.groups["sg-web"].append("discriminat:tls:unlisted.test")
    changing.apply(addr="unlisted.test", outcome="accepted")
    assert lab.curl("https://unlisted.test/").ok
    line = changing.wait_for_flow(dhost="unlisted.test", cat="client", outcome="allowed")
    assert line["evidence"] in ("dns", "dns-fresh")


def test_a_new_rule_asks_for_no_restart(changing):
    """The number of queues, which the file leaves to the gateway, is no change of settings."""
    assert "queues" not in changing.config.gateway
    changing.config.groups["sg-web"].append("discriminat:tls:unlisted.test")
    changing.apply(addr="unlisted.test", outcome="accepted")
    assert not [r for r in changing.config_log.all() if "restart to apply" in r.get("reason", "")]


def test_a_removed_rule_refuses(lab, changing):
    assert lab.curl("https://git.test/").ok
    changing.config.groups["sg-web"][0] = \
        "discriminat:tls:allowed.test,second.test,shared-a.test,big.test"
    changing.apply(addr="git.test", outcome="removed")
    assert not lab.curl("https://git.test/").ok
    changing.wait_for_flow(dhost="git.test", reason="not-allowlisted")


@pytest.mark.parametrize("text", ["[gateway\n", "[gateway]\ninside = 7\n", ""],
                         ids=["syntax", "type", "empty"])
def test_a_broken_file_keeps_the_previous_policy(text, lab, changing):
    changing.config_log.skip()
    changing.write(text)
    problem = changing.config_log.wait(10, outcome=lambda o: o in ("rejected", "warning"))
    assert problem and problem.get("reason"), changing.output_text()
    assert lab.curl("https://allowed.test/").ok
    assert not lab.curl("https://unlisted.test/").ok
    assert changing.health() == 200


def test_one_bad_member_does_not_cost_its_neighbours_their_effect(lab, changing):
    changing.config.groups["sg-web"].append(
        "discriminat:tls:https://x.test/,*.github.io,*.com,*,unlisted.test")
    changing.apply(addr="unlisted.test", outcome="accepted")
    rejected = {line["addr"]: line["reason"] for line in changing.config_log.all(
        outcome="rejected")}
    assert {"*.github.io", "*.com", "*"} <= set(rejected), rejected
    assert "publicsuffix[.]org list matched with `github.io`" in rejected["*.github.io"]
    assert lab.curl("https://unlisted.test/").ok


def test_a_moved_client_does_not_inherit(lab, changing):
    """The same address, another group: at once another policy."""
    assert lab.curl("https://allowed.test/").ok
    changing.config.clients[z.CLIENTS["c1"]] = ["sg-other"]
    changing.apply(cat="client", client=z.CLIENTS["c1"])
    assert wait_until(lambda: not lab.curl("https://allowed.test/").ok, 5)
    assert lab.curl("https://second.test/").ok


def open_connection(lab, truth, address=z.TRUTH):
    """An allowed connection over which the server keeps saying something."""
    data = hello.hello()
    server = truth(address, 443, hello.answers_once(len(data), hello.first_flight))
    sock = connect(lab, address)
    sock.sendall(data)
    result = listen_to(sock, Talk(), 5, enough=400)
    assert len(result.received) >= 400
    return server, sock


def why_not_alive(server, sock, word):
    """Both directions work: "" or what does not. A reset shows at once; the limits are for slow
    machines."""
    try:
        sock.settimeout(10)
        before = len(server.received)
        sock.sendall(word)
        if not server.wait_received(before + len(word), 10):
            return f"the server has {len(server.received) - before} of {len(word)} bytes"
        server.connections[-1].sock.sendall(word)
        heard = sock.recv(100)
        return "" if heard == word else f"the client heard {heard}"
    except OSError as error:
        return repr(error)


def test_a_live_connection_ends_when_its_rule_is_removed(lab, changing, truth):
    server, sock = open_connection(lab, truth)
    with sock:
        changing.wait_for_flow(dhost="truth.test", cat="server", outcome="allowed")
        changing.config.groups["sg-web"][1] = \
            "discriminat:tls:*.wild.test,rotating.test,old.test,hrr.test"
        changing.apply(addr="truth.test", outcome="removed")

        def ended():
            """Says one more thing each time: a reset may come in answer to a packet only."""
            try:
                sock.sendall(b"more")
            except OSError:
                return True
            return listen_to(sock, Talk(), 0.3).end != "silence"
        assert wait_until(ended, 10)
        assert server.wait_ended(10)


def test_a_live_connection_of_another_rule_goes_on(lab, changing, truth):
    server, sock = open_connection(lab, truth)
    with sock:
        changing.config.groups["sg-web"][3] = "discriminat:tls:servfail.test,silent.test"
        changing.apply(addr="loopback.test", outcome="removed")
        changing.config.groups["sg-web"].insert(0, "discriminat:tls:one-more.test")
        changing.apply(addr="one-more.test", outcome="accepted")
        time.sleep(5.5)  # longer than a removed rule may take to end its connections
        assert why_not_alive(server, sock, b"ping") == "", changing.state_text()


def test_a_live_connection_stays_when_another_group_allows_it_too(lab, changing, truth):
    changing.config.groups["sg-too"] = ["discriminat:tls:truth.test"]
    changing.config.clients[z.CLIENTS["c1"]].append("sg-too")
    changing.apply(gid="sg-too", outcome="accepted")
    server, sock = open_connection(lab, truth)
    with sock:
        changing.config.groups["sg-web"][1] = \
            "discriminat:tls:*.wild.test,rotating.test,old.test,hrr.test"
        changing.apply(addr="truth.test", gid="sg-web", outcome="removed")
        assert lab.curl("https://allowed.test/").ok
        fresh = connect(lab)
        with fresh:
            fresh.sendall(hello.hello())
            assert len(listen_to(fresh, Talk(), 5, enough=400).received) >= 400
