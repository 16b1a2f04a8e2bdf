"""An instance that looks after itself: who it is, its address, its health, its end."""
import json

import pytest

from kit import cloud as c
from kit import zone as z
from kit.gateway import Config
from kit.imds import Imds
from kit.netns import wait_until


@pytest.fixture(scope="module")
def cloud(bare_cloud):
    return bare_cloud


@pytest.fixture
def instance(lab, cloud):
    """A gateway whose identity and credentials come from instance metadata."""
    image = cloud.aws("ec2", "describe-images", "--owners", "amazon")["Images"][0]["ImageId"]
    made = cloud.aws("ec2", "run-instances", "--image-id", image, "--subnet-id", cloud.subnet)
    with Imds(entered=lab.gw.entered) as imds:
        imds.id = made["Instances"][0]["InstanceId"]
        imds.set("instance-id", imds.id)
        imds.set("public-ipv4", None)
        imds.set("network/interfaces/macs/02:00:00:00:00:01/vpc-id", cloud.vpc)
        imds.set_tag("discriminat", "blue")
        yield imds


def environment(imds):
    keys = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"}
    return {**{k: v for k, v in c.ENVIRONMENT.items() if k not in keys}, **imds.environment()}


def test_an_instance_cares_for_itself_from_its_start_to_its_end(lab, product, cloud, instance):
    cloud.parameter("DiscrimiNAT_blue", '{"%default": {"flow_log_verbosity": "only_disallowed"}}')
    gid = cloud.group("care", "discriminat:tls:allowed.test")
    cloud.interface(z.CLIENTS["c1"], gid)
    address = cloud.aws("ec2", "allocate-address", "--domain", "vpc")["AllocationId"]
    cloud.aws("ec2", "create-tags", "--resources", address, "--tags", "Key=discriminat,Value=")
    config = Config({}, {}, gateway={"source": "aws", "instance": None}, aws={"ship_logs": False})
    gateway = lab.gateway(config, env=environment(instance))
    try:
        told = gateway.config_log
        assert told.wait(10, cat="self", reason=lambda text: "lastic IP" in text), told.all()
        associated = cloud.aws("ec2", "describe-addresses")["Addresses"][0]
        assert associated["InstanceId"] == instance.id
        attribute = cloud.aws("ec2", "describe-instance-attribute", "--instance-id", instance.id,
                              "--attribute", "sourceDestCheck")
        assert attribute["SourceDestCheck"] == {"Value": False}

        assert lab.curl("https://allowed.test/").status == 0
        refused = lab.curl("https://second.test/")
        assert refused.status != 0
        line = gateway.wait_for_flow(dhost="second.test", outcome="disallowed")
        assert line["instance"] == instance.id
        assert not gateway.flow.all(outcome="allowed"), "the preference of its deployment"

        # The self-test's packets are in no log, and nothing is wrong with the path.
        before = handled(gateway)
        assert wait_until(lambda: handled(gateway) >= before + 8, 15), gateway.state_text()
        assert gateway.health() == 200
        assert not gateway.flow.all(src="192.0.0.8")

        instance.start_spot_action("terminate")
        assert wait_until(lambda: gateway.health() == 503, 15)
        assert wait_until(lambda: not gateway.alive, 60), gateway.state_text()
        assert gateway.child.returncode == 0
        assert told.all(cat="self", outcome="removed"), "it says that it stops"
    finally:
        gateway.flush()


def handled(gateway):
    """Packets that the loops have taken."""
    status = json.loads((gateway.state_path / "status.json").read_text())
    return sum(loop["packets"] for loop in status["packet_loops"])


def test_a_broken_path_is_reported_and_unhealthy(lab, product, cloud, instance):
    gid = cloud.group("broken", "discriminat:tls:allowed.test")
    cloud.interface(z.CLIENTS["c2"], gid)
    config = Config({}, {}, gateway={"source": "aws"}, aws={"ship_logs": False})
    gateway = lab.gateway(config, env=environment(instance))
    try:
        # Nobody but the self-test sees a route that is gone.
        lab.gw.ip("route", "del", "default")
        assert wait_until(lambda: gateway.health() == 503, 45), gateway.state_text()
        assert gateway.config_log.wait(10, cat="self", outcome="warning", reason=lambda text:
                                       "were not answered" in text or "self-test" in text)
        lab.gw.ip("route", "add", "default", "via", "198.51.100.254")
        assert wait_until(lambda: gateway.health() == 200, 45), gateway.state_text()
        assert gateway.stop() == 0
    finally:
        lab.gw.run("ip", "route", "add", "default", "via", "198.51.100.254")
        gateway.flush()
