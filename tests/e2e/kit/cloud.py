"""Cloud: an account with a small network, imitated by moto in the gateway's namespace.

Changes are made by the real `aws` program, as an operator makes them. The gateway finds the same
server by AWS_ENDPOINT_URL; cut() takes it away and join() gives it back.
"""
import copy
import json
import os
import shutil
import sys
from pathlib import Path

from . import aws_cli
from .netns import wait_until

PORT = 5055
URL = f"http://127.0.0.1:{PORT}"
REGION = "eu-west-1"
ENVIRONMENT = {**aws_cli.CREDENTIALS, "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION,
               "AWS_ENDPOINT_URL": URL, "AWS_EC2_METADATA_DISABLED": "true"}


def missing():
    """Why there can be no cloud here, or nothing."""
    return None if shutil.which("moto_server") else "moto_server is not installed"


class Cloud:
    """One server; `vpc` and `subnet` hold the laboratory's clients. close() ends it."""

    def __init__(self, lab):
        self.lab = lab
        self.environment = ENVIRONMENT
        self.child = lab.gw.start(shutil.which("moto_server"), "-H", "127.0.0.1", "-p", str(PORT),
                                  log="moto.log")
        assert wait_until(self._listens, 60), "moto does not listen"
        self._make_network()

    def account(self, role):
        """Another account, with a network of its own, as who assumes that role sees it."""
        given = self.aws("sts", "assume-role", "--role-arn", role, "--role-session-name",
                         "test")["Credentials"]
        other = copy.copy(self)
        other.environment = {**self.environment, "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
                             "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
                             "AWS_SESSION_TOKEN": given["SessionToken"]}
        other._make_network()
        return other

    def _make_network(self):
        self.vpc = self.aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.aws("ec2", "create-subnet", "--vpc-id", self.vpc, "--cidr-block",
                               "10.0.1.0/24")["Subnet"]["SubnetId"]

    def _listens(self):
        return self.lab.gw.run("curl", "-s", "-o", "/dev/null", URL).status == 0

    def close(self):
        self.join()
        self.lab.shop.stop(self.child)

    def aws(self, *arguments):
        """The answer of the program, which must succeed."""
        done = self.lab.gw.run(aws_cli.DEBIAN, "--endpoint-url", URL, "--region", REGION,
                               "--output", "json", *arguments, env=self.environment,
                               timeout=60)
        assert done.status == 0, done
        return json.loads(done.text) if done.text.strip() else {}

    def group(self, name, *annotations):
        """A group whose rules carry these annotations, all on port 443; its id."""
        gid = self.aws("ec2", "create-security-group", "--group-name", name, "--description",
                       name, "--vpc-id", self.vpc)["GroupId"]
        for number, annotation in enumerate(annotations):
            self.allow(gid, annotation, f"192.0.2.{number}/32")
        return gid

    def allow(self, gid, annotation, block="0.0.0.0/1"):
        self.aws("ec2", "authorize-security-group-egress", "--group-id", gid, "--ip-permissions",
                 permission(annotation, block))

    def withdraw(self, gid, annotation, block="0.0.0.0/1"):
        self.aws("ec2", "revoke-security-group-egress", "--group-id", gid, "--ip-permissions",
                 permission(annotation, block))

    def interface(self, address, *gids):
        return self.aws("ec2", "create-network-interface", "--subnet-id", self.subnet,
                        "--private-ip-address", address, "--groups",
                        *gids)["NetworkInterface"]["NetworkInterfaceId"]

    def parameter(self, name, value):
        self.aws("ssm", "put-parameter", "--name", name, "--type", "String", "--overwrite",
                 "--value", value)
        return f"arn:aws:ssm:{REGION}:123456789012:parameter/{name}"

    def cut(self):
        self.lab.gw.sh("nft", "-f", "-", stdin=f"""
            table inet lab_cloud {{
              chain out {{
                type filter hook output priority filter;
                tcp dport {PORT} reject with tcp reset
              }}
            }}""")

    def join(self):
        self.lab.gw.sh("nft", "delete", "table", "inet", "lab_cloud", check=False)


class FaultProxy:
    """The program fault_proxy.py before the cloud, which must run. Not shared by threads."""

    PORT = PORT + 1
    URL = f"http://127.0.0.1:{PORT}"

    def __init__(self, lab):
        self.lab = lab
        self.script_path = lab.folder / "faults.json"
        self.answers_path = lab.folder / "fault-answers.jsonl"
        self.script = {}
        self.change()
        self.child = lab.gw.start(
            sys.executable, Path(__file__).with_name("fault_proxy.py"), self.PORT, PORT,
            self.script_path, self.answers_path, log="fault-proxy.log")
        assert wait_until(self._listens, 15), "the proxy does not listen"

    def _listens(self):
        return self.lab.gw.run("curl", "-s", "-o", "/dev/null", self.URL).status == 0

    def change(self, **entries):
        """Replaces entries of the script; None takes one away."""
        self.script.update(entries)
        self.script = {key: value for key, value in self.script.items() if value is not None}
        fresh = self.script_path.with_suffix(".new")
        fresh.write_text(json.dumps(self.script))
        os.replace(fresh, self.script_path)

    def answers(self):
        if not self.answers_path.exists():
            return []
        text = self.answers_path.read_text()
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def close(self):
        self.lab.shop.stop(self.child)


def permission(annotation, block):
    return json.dumps([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                        "IpRanges": [{"CidrIp": block, "Description": annotation}]}])
