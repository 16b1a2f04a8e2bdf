"""The alert rules do what they say: `promtool` of Debian's package `prometheus`."""
import json
import re
import subprocess

from packing import ROOT, run

FOLDER = ROOT / "packaging/prometheus"


def test_the_alert_rules_are_sound():
    status, text = run("promtool", "check", "rules", FOLDER / "alerts.yml")
    assert status == 0, text


def test_each_alert_fires_and_is_silent_when_it_should():
    status, text = run("promtool", "test", "rules", FOLDER / "alerts_test.yml")
    assert status == 0, text


def test_each_query_of_the_dashboard_can_be_read(tmp_path):
    """As rules, because promtool reads no queries alone."""
    panels = json.loads((ROOT / "packaging/grafana/discriminat.json").read_text())["panels"]
    queries = [target["expr"].replace("$__rate_interval", "5m")
               for panel in panels for target in panel.get("targets", [])]
    rules = [{"record": f"query{i}", "expr": query} for i, query in enumerate(queries)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "x", "rules": rules}]}))
    status, text = run("promtool", "check", "rules", tmp_path / "rules.yml")
    assert status == 0, text


def test_promtool_likes_each_name_of_the_table():
    """Those too that the gateway of the laboratory, which tests/e2e scrapes, does not have."""
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|",
                      (ROOT / "docs/metrics.md").read_text(), re.M)
    assert len(rows) > 60
    text = ""
    for name, kind in rows:
        text += f"# HELP {name} x\n# TYPE {name} {kind}\n"
        text += {"histogram": f'{name}_bucket{{le="+Inf"}} 1\n{name}_sum 1\n{name}_count 1\n'}.get(
            kind, f"{name} 1\n")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                          capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_package_has_them(unpacked):
    for name in ("prometheus/alerts.yml", "grafana/discriminat.json"):
        assert (unpacked / "usr/share/discriminat" / name).is_file(), name
