"""What makes a gateway of an EC2 instance: policy of its role, cloud-init, network, image."""
import http.server
import json
import re
import shutil
import subprocess
import threading

import pytest
import yaml
from packing import ROOT, run

AWS = ROOT / "packaging/aws"
# The role of existing installations grants exactly this; the gateway asks nothing beyond it.
ACTIONS = {
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeAddresses",
    "ec2:ModifyInstanceAttribute", "ec2:AssociateAddress", "ssm:GetParameter",
    "secretsmanager:GetSecretValue", "logs:CreateLogGroup", "logs:CreateLogStream",
    "logs:PutLogEvents", "logs:DescribeLogStreams", "autoscaling:SetInstanceHealth"}
# AWS offers no narrower resource for these (Service Authorization Reference, Amazon EC2).
ON_EVERYTHING = {"ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups",
                 "ec2:DescribeAddresses"}


def statements():
    return json.loads((AWS / "iam-policy.json").read_text())["Statement"]


def actions(statement):
    named = statement["Action"]
    return {named} if isinstance(named, str) else set(named)


def test_the_role_grants_nothing_beyond_the_list():
    granted = set().union(*map(actions, statements()))
    # Lists of others are granted by name, in a policy of their own.
    assert granted == ACTIONS - {"secretsmanager:GetSecretValue"}


def test_the_role_is_bounded_where_aws_lets_it():
    for statement in statements():
        assert statement["Effect"] == "Allow"
        if statement["Resource"] == "*":
            assert actions(statement) <= ON_EVERYTHING or "Condition" in statement, statement


def test_every_action_is_explained():
    page = (ROOT / "docs/aws-iam.md").read_text()
    assert {a for a in ACTIONS if f"`{a}`" not in page} == set()
    assert {s["Sid"] for s in statements() if f"`{s['Sid']}`" not in page} == set()


@pytest.fixture
def cloud_config():
    text = (AWS / "cloud-init.yaml").read_text()
    assert text.startswith("#cloud-config\n")
    return yaml.safe_load(text)


def test_cloud_init_accepts_the_file():
    if not shutil.which("cloud-init"):
        pytest.skip("there is no cloud-init")
    status, text = run("cloud-init", "schema", "--config-file", AWS / "cloud-init.yaml")
    assert status == 0, text


def test_the_first_start_is_a_sound_script(cloud_config, tmp_path):
    for number, script in enumerate(cloud_config["runcmd"]):
        file = tmp_path / f"{number}.sh"
        file.write_text(script)
        assert script.startswith("set -eu\n")
        assert run("sh", "-n", file) == (0, "")
        if shutil.which("shellcheck"):
            assert run("shellcheck", "--shell=sh", file) == (0, "")


def first_policy(cloud_config):
    files = {file["path"]: file["content"] for file in cloud_config["write_files"]}
    policy = files["/etc/discriminat/policy.toml"]
    return policy.replace("@INSIDE@", "ens6").replace("@OUTSIDE@", "ens5")


def test_the_first_policy_is_sound(cloud_config, unpacked, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text(first_policy(cloud_config))
    status, text = run(unpacked / "usr/bin/discriminat", "check", policy)
    assert status == 0, text


def test_an_installation_keeps_a_policy_that_was_there_before(cloud_config, built, tmp_path):
    for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc/discriminat"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").touch()
    policy = tmp_path / "etc/discriminat/policy.toml"
    policy.write_text(first_policy(cloud_config))
    status, text = run("dpkg", f"--root={tmp_path}", "--force-depends", "--force-confold",
                       "--force-script-chrootless", "-i", built[0])
    assert status == 0, text
    assert policy.read_text() == first_policy(cloud_config)


METADATA = {
    "network/interfaces/macs/": "02:00:00:00:00:0a/\n02:00:00:00:00:0b/\n",
    "network/interfaces/macs/02:00:00:00:00:0a/device-number": "0",
    "network/interfaces/macs/02:00:00:00:00:0b/device-number": "1",
    "network/interfaces/macs/02:00:00:00:00:0b/subnet-ipv4-cidr-block": "10.20.10.16/28",
    "network/interfaces/macs/02:00:00:00:00:0b/vpc-ipv4-cidr-blocks": "10.20.0.0/16\n10.21.0.0/16",
}


class MetadataService(http.server.BaseHTTPRequestHandler):
    """Version 2: a token first."""

    def do_PUT(self):
        self.answer(200, "the-token")

    def do_GET(self):
        good = self.headers.get("X-aws-ec2-metadata-token") == "the-token"
        text = self.server.content.get(self.path.removeprefix("/latest/meta-data/"))
        self.answer(*((401, "") if not good else (404, "") if text is None else (200, text)))

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def instance(tmp_path):
    """A function (words…) -> (status, output) that sets up the network below tmp_path."""
    for name, mac in (("lo", "00:00:00:00:00:00"), ("ens5", "02:00:00:00:00:0a"),
                      ("ens6", "02:00:00:00:00:0b")):
        (tmp_path / "sys/class/net" / name).mkdir(parents=True)
        (tmp_path / "sys/class/net" / name / "address").write_text(mac + "\n")
    (tmp_path / "policy.toml").write_text('inside = ["@INSIDE@"]\noutside = "@OUTSIDE@"\n')
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), MetadataService)
    server.content = dict(METADATA)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def set_up(*words):
        return run("/usr/bin/python3", "-B", AWS / "set_up_aws_network.py", "--root", tmp_path,
                   "--policy", tmp_path / "policy.toml", *words,
                   AWS_EC2_METADATA_SERVICE_ENDPOINT=f"http://127.0.0.1:{server.server_port}")
    set_up.content = server.content
    set_up.file = tmp_path / "etc/systemd/network/05-discriminat-inside.network"
    yield set_up
    server.shutdown()
    server.server_close()


def test_the_network_leads_back_to_clients_only(instance, tmp_path):
    assert instance("--clients", "10.99.0.0/16") == (0, "inside ens6, outside ens5\n")
    text = instance.file.read_text()
    assert "MACAddress=02:00:00:00:00:0b" in text and "UseGateway=no" in text
    routes = re.findall(r"\[Route\]\nDestination=(\S+)\nGateway=(\S+)\nGatewayOnLink=yes\n", text)
    assert routes == [(b, "10.20.10.17") for b in ("10.20.0.0/16", "10.21.0.0/16", "10.99.0.0/16")]
    assert (tmp_path / "policy.toml").read_text() == 'inside = ["ens6"]\noutside = "ens5"\n'


def test_setting_up_again_changes_nothing(instance):
    instance()
    before = instance.file.stat().st_mtime_ns
    assert instance()[0] == 0
    assert instance.file.stat().st_mtime_ns == before


def test_one_interface_is_not_enough(instance):
    instance.content["network/interfaces/macs/"] = "02:00:00:00:00:0a/\n"
    status, text = instance()
    assert status == 1 and "two network interfaces" in text
    assert not instance.file.exists()


def test_a_silent_metadata_service_is_named(instance):
    del instance.content["network/interfaces/macs/"]
    status, text = instance()
    assert status == 1 and "metadata service" in text and "Traceback" not in text


@pytest.fixture
def bare_machine(tmp_path):
    """A function (words…) -> (status, output) that says what make-image would do there."""
    (tmp_path / "etc/sysctl.d").mkdir(parents=True)
    (tmp_path / "etc/os-release").write_text('NAME="Debian"\nVERSION_ID="12"\nID=debian\n')
    (tmp_path / "discriminat.deb").touch()

    def make(*words):
        return run(AWS / "make-image", "--dry-run", "--root", tmp_path, "--package",
                   tmp_path / "discriminat.deb", *words)
    return make


def test_an_image_holds_the_package_and_starts_nothing(bare_machine):
    status, text = bare_machine()
    assert status == 0 and "discriminat.deb" in text
    assert "enable" not in text and "machine-id" not in text
    assert "machine-id" in bare_machine("--seal")[1]


@pytest.mark.parametrize("line, good", [
    ("net.ipv4.ip_forward=1", False), ("net/ipv4/ip_forward = 1", False),
    ("-net.ipv4.conf.all.forwarding=1", False), ("net.ipv4.ip_forward=0", True),
    ("# net.ipv4.ip_forward=1", True), ("net.ipv6.conf.all.forwarding=1", True)])
def test_an_image_does_not_forward_by_itself(bare_machine, tmp_path, line, good):
    (tmp_path / "etc/sysctl.d/router.conf").write_text(line + "\n")
    status, text = bare_machine()
    assert (status == 0) == good, text
    assert good or "router.conf" in text


def test_an_image_is_made_of_debian_12(bare_machine, tmp_path):
    (tmp_path / "etc/os-release").write_text('ID=debian\nVERSION_ID="13"\n')
    assert bare_machine() == (1, "this is no Debian 12\n")


def test_the_image_script_says_what_it_does():
    done = subprocess.run([AWS / "make-image", "--help"], text=True, stdout=subprocess.PIPE,
                          check=True)
    assert "--package FILE" in done.stdout
