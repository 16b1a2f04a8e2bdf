"""Dashboard and alerts speak of metrics that exist, and each alert has its runbook.

The names are those of docs/metrics.md, which another test compares with the table in the code.
"""
import json
import re
from pathlib import Path

import docs
import pytest

ROOT = Path(__file__).resolve().parents[2]
ALERTS = (ROOT / "packaging/prometheus/alerts.yml").read_text()
ALERT_TESTS = (ROOT / "packaging/prometheus/alerts_test.yml").read_text()
DASHBOARD = json.loads((ROOT / "packaging/grafana/discriminat.json").read_text())
NAME = re.compile(r"\b(?:discriminat|process)_[a-z_]+")


def table():
    """name -> type"""
    text = (ROOT / "docs/metrics.md").read_text()
    return dict(re.findall(r"^\| `([a-z_]+)` \| (\w+) \|", text, re.MULTILINE))


def series():
    """Every name that a query may ask for."""
    found = set()
    for name, kind in table().items():
        histogram = kind == "histogram"
        found |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if histogram else {name}
    return found


def expressions():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for note in DASHBOARD["annotations"]["list"]:
        yield note["name"], note["expr"]


def test_the_dashboard_asks_for_metrics_that_exist():
    asked = [(title, name) for title, text in expressions() for name in NAME.findall(text)]
    assert len(asked) > 60
    assert [(title, name) for title, name in asked if name not in series()] == []


def test_the_dashboard_names_no_host_and_no_data_source():
    for title, text in expressions():
        assert 'job="$job"' in text and 'instance=~"$instance"' in text, title
    for panel in DASHBOARD["panels"]:
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${datasource}", panel


def test_panels_do_not_overlap():
    taken = set()
    for panel in DASHBOARD["panels"]:
        grid = panel["gridPos"]
        cells = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"])
                 for y in range(grid["y"], grid["y"] + grid["h"])}
        assert grid["x"] + grid["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells


def alerts():
    """(name, text of the rule)"""
    parts = re.split(r"^ +- alert: (\w+)\n", ALERTS, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2]))


@pytest.mark.parametrize("name, text", alerts(), ids=[name for name, _ in alerts()])
def test_each_alert_is_complete(name, text):
    assert re.search(r"^ +summary: .+\n +description: .+\n +runbook: ", text, re.MULTILINE)
    page, anchor = re.search(r'runbook: "([^"#]+)#([^"]+)"', text).groups()
    assert anchor == name.lower() and anchor in docs.anchors((ROOT / page).read_text())
    expression = text.split("annotations:")[0]
    asked = NAME.findall(expression)
    assert (asked or "up{" in expression) and set(asked) <= series(), asked
    assert f"name: {name} fires" in ALERT_TESTS and f"name: {name} is silent" in ALERT_TESTS


def test_each_runbook_has_its_alert():
    page = (ROOT / "docs/monitoring.md").read_text()
    assert re.findall(r"^### (\w+)", page, re.MULTILINE) == [name for name, _ in alerts()]
