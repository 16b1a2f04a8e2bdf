#!/usr/bin/python3
"""An instance looks after itself: against moto, and instance metadata from tests/e2e/kit/imds.py.

What its program says is compared with what boto3 then finds: the source/destination check is off,
an Elastic IP is associated, the instance is unhealthy in its group. Credentials come from instance
metadata, whose tokens expire meanwhile.

usage: self_care_against_moto.py CARE_FOR_INSTANCE; prints `skipped: …` without boto3 or moto.
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]
from kit.imds import Imds  # noqa: E402
from clients_against_moto import CLEAN, REGION, World, moto, same  # noqa: E402


class Instance:
    """An instance of an Auto Scaling group in moto, its metadata, and the program on it."""

    def __init__(self, world, program):
        self.ec2, self.groups = world.ec2, world.boto("autoscaling")
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        self.groups.create_launch_configuration(
            LaunchConfigurationName="l", ImageId=image, InstanceType="t3.micro")
        self.groups.create_auto_scaling_group(
            AutoScalingGroupName="discriminat-1", LaunchConfigurationName="l", MinSize=1, MaxSize=1,
            VPCZoneIdentifier=subnet)
        self.id = self.in_group()["InstanceId"]
        self.imds = Imds()
        self.imds.set("instance-id", self.id)
        self.imds.set("placement/region", REGION)
        self.imds.set("public-ipv4", None)
        self.program = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=CLEAN | self.imds.environment() | {"AWS_ENDPOINT_URL": world.url})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stdin.close()
        self.program.wait(timeout=30)
        self.imds.close()

    def in_group(self):
        return self.groups.describe_auto_scaling_groups()["AutoScalingGroups"][0]["Instances"][0]

    def say(self, line):
        self.program.stdin.write(f"{line}\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def allocate(self):
        return self.ec2.allocate_address(Domain="vpc", TagSpecifications=[
            {"ResourceType": "elastic-ip", "Tags": [{"Key": "discriminat", "Value": ""}]}])


def told(answer, *parts):
    same(len(answer["lines"]), len(parts))
    for line, part in zip(answer["lines"], parts):
        same(part in line, True)


def check_start(instance):
    told(instance.say(0), "accepted: the source/destination check of this instance is off",
         'no Elastic IP with the tag key "discriminat" is free')
    shown = instance.ec2.describe_instance_attribute(InstanceId=instance.id,
                                                     Attribute="sourceDestCheck")
    same(shown["SourceDestCheck"]["Value"], False)
    made = instance.allocate()
    told(instance.say(59))
    told(instance.say(1), f"accepted: the Elastic IP {made['PublicIp']}")
    address, = instance.ec2.describe_addresses(AllocationIds=[made["AllocationId"]])["Addresses"]
    same(address["InstanceId"], instance.id)


def check_health(instance):
    told(instance.say("fail"))
    same(instance.in_group()["HealthStatus"], "Healthy")
    answer = instance.say("fail")
    told(answer, "the self-test failed 2 times", "reported unhealthy")
    same(answer["healthy"], False)
    same(instance.in_group()["HealthStatus"], "Unhealthy")


def check_end(instance):
    same(instance.say(5)["leaving"], False)
    instance.imds.expire_tokens()
    instance.imds.start_spot_action("terminate")
    answer = instance.say(5)
    told(answer, 'its spot capacity is taken back ("terminate")')
    same((answer["leaving"], answer["healthy"]), (True, False))
    same(any(status == 401 for _, _, status in instance.imds.asked), True)


def main():
    server = shutil.which("moto_server")
    if not server:
        print("skipped: moto_server is not installed")
        return
    with moto(server) as url, Instance(World(None, url), sys.argv[1]) as instance:
        check_start(instance)
        check_health(instance)
        check_end(instance)
    print("good")


if __name__ == "__main__":
    main()
