"""GET /metrics of a running gateway, as Prometheus reads it: promtool finds nothing to say, and the
numbers are those of the flow log."""
import collections
import json
import os
import re
import subprocess

from kit.gateway import default_config
from kit.netns import wait_until

URL = "http://127.0.0.1:1043/metrics"
SAMPLE = re.compile(r'([a-z_]+)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:\\.|[^"\\])*)"')


def scrape(lab, *options):
    done = lab.gw.run("curl", "-sS", "--max-time", "5", *options, URL)
    assert done.status == 0, done.text
    return done.text


def samples(text):
    """(name, labels) -> value."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.fullmatch(line).groups()
            found[name, frozenset(LABEL.findall(labels or ""))] = float(value)
    return found


def value(lab, name, **labels):
    """The sum of all samples of this name that have these labels."""
    return sum(number for (other, have), number in samples(scrape(lab)).items()
               if other == name and set(labels.items()) <= have)


def decisions(found):
    return {labels: number for (name, labels), number in found.items()
            if name == "discriminat_decisions_total"}


def logged(lines):
    """What the lines say, in the labels of the metric. Lines of single packets are no decisions."""
    count = collections.Counter()
    for line in lines:
        word = line["reason"].split(":")[0]
        count[frozenset({("side", line["cat"]), ("outcome", line["outcome"]), ("reason", word),
                         ("proto", line["proto"])})] += 1
    return dict(count)


def test_promtool_has_nothing_to_say(lab, own_gateway):
    own_gateway()
    assert lab.curl("https://allowed.test/").ok
    assert wait_until(lambda: value(lab, "discriminat_handed_over_total") >= 1, 10)
    text = scrape(lab)
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                          capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_decisions_are_those_of_the_flow_log(lab, own_gateway):
    gateway = own_gateway()
    for _ in range(3):
        assert lab.curl("https://allowed.test/").ok
    assert lab.curl("https://held.wild.test/").ok
    assert lab.ssh("ssh.test").ok
    assert not lab.curl("https://unlisted.test/", "--resolve",
                        "unlisted.test:443:198.51.100.12").ok
    assert "403" in lab.curl("http://allowed.test/", "-i", limit=5).text
    assert not lab.curl("https://allowed.test/", client="stranger").ok
    lines = gateway.pause_until_quiet()
    want = logged(lines)
    assert sum(want.values()) >= 13, want
    assert wait_until(lambda: decisions(samples(scrape(lab))) == want, 10), \
        (decisions(samples(scrape(lab))), want)
    # The writer counts a line when the disk has it, which is a little later.
    assert wait_until(lambda: value(lab, "discriminat_log_lines_total", stream="flow")
                      == len(lines), 10)
    found = samples(scrape(lab))
    held = [line for line in lines if "held_ms" in line]
    assert held
    assert found["discriminat_held_seconds_count", frozenset()] == len(held)
    handed = sum(line["cat"] == "server" and line["outcome"] == "allowed" for line in lines)
    assert found["discriminat_handed_over_total", frozenset()] == handed
    assert found["discriminat_handshake_seconds_count", frozenset()] == handed
    added = found["discriminat_added_seconds_count", frozenset()]
    assert added == found["discriminat_packets_total", frozenset()] > handed
    assert found["discriminat_conntrack_entries_max", frozenset()] > 1000
    assert found["discriminat_healthy", frozenset()] == 1


def test_failing_look_ups_are_counted(lab, own_gateway):
    own_gateway()

    def failed():
        return value(lab, "discriminat_dns_answers_total", outcome="failed")

    assert lab.curl("https://allowed.test/").ok
    before, timeouts = failed(), value(lab, "discriminat_dns_timeouts_total")
    lab.dns.stop()
    try:
        assert not lab.curl("https://gone.wild.test/", "--resolve",
                            "gone.wild.test:443:198.51.100.13").ok
        assert wait_until(lambda: failed() > before, 20), (before, failed())
    finally:
        lab.dns.start()
    assert value(lab, "discriminat_dns_timeouts_total") >= timeouts


def test_source_ports_are_counted_by_destination(lab, own_gateway):
    gateway = own_gateway()
    for _ in range(4):
        assert lab.curl("https://allowed.test/").ok
    # The kernel's table is read every 30 seconds, and at the start.
    gateway.stop()
    gateway.start()

    def ports():
        snat = json.loads((gateway.state_path / "status.json").read_text())["snat"]
        return {one["dst"]: one["ports"] for one in snat["top"]}

    assert wait_until(lambda: ports().get("198.51.100.10:443", 0) >= 4, 40), ports()
    assert value(lab, "discriminat_snat_destinations") >= 1
    assert value(lab, "discriminat_snat_ports") == 0, "a handful is worth no time series"


def test_with_keys_the_scraper_needs_one(lab, own_gateway):
    config = default_config()
    keys = lab.folder / "metrics-keys"
    keys.write_text("SCRAPER correct-horse\n")
    os.chmod(keys, 0o600)
    config.api = {"listen": "127.0.0.1:1043", "credentials_file": str(keys)}
    own_gateway(config)
    status = ("-o", "/dev/null", "-w", "%{http_code}")
    assert scrape(lab, *status) == "401"
    assert scrape(lab, *status, "--user", "SCRAPER:wrong") == "401"
    assert "discriminat_build_info" in scrape(lab, "--user", "SCRAPER:correct-horse")
