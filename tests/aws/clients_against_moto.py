#!/usr/bin/python3
"""Our clients of EC2, Systems Manager, Secrets Manager, STS and CloudWatch Logs against moto.

boto3 makes a small network there: interfaces with several addresses, groups with descriptions, an
address, a parameter, a secret, a role. Each client must see what boto3 made, and boto3 what the
clients changed. moto imitates these services; what it lacks is tested beside the code: pages,
delegated prefixes, throttling, instance metadata.

usage: clients_against_moto.py ASK_CLOUD; prints `skipped: …` where boto3 or moto is missing.
"""
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading

try:
    import boto3
except ImportError as error:
    print(f"skipped: boto3 is not installed ({error})")
    sys.exit(0)

REGION = "eu-west-1"
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and "proxy" not in k}
KEYS = {"AWS_ACCESS_KEY_ID": "TEST", "AWS_SECRET_ACCESS_KEY": "test"}


@contextlib.contextmanager
def moto(program):
    """The address of a server of its own."""
    with subprocess.Popen([program, "-H", "127.0.0.1", "-p", "0"], env=CLEAN | {"PYTHONUNBUFFERED":
                          "1"}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as server:
        try:
            for line in server.stderr:
                if match := re.search(r"Running on (http://127\.0\.0\.1:\d+)", line):
                    # Its log must not fill the pipe.
                    threading.Thread(target=server.stderr.read, daemon=True).start()
                    yield match[1]
                    break
            else:
                raise SystemExit("moto_server does not say where it listens")
        finally:
            server.terminate()


class World:
    def __init__(self, program, url):
        self.program, self.url = program, url
        self.ec2 = self.boto("ec2")

    def boto(self, service):
        return boto3.client(service, region_name=REGION, endpoint_url=self.url,
                            aws_access_key_id="TEST", aws_secret_access_key="test")

    def ask(self, *arguments):
        done = subprocess.run([self.program, *arguments], check=True, capture_output=True,
                              text=True, timeout=60, env=CLEAN | KEYS | {
                                  "AWS_ENDPOINT_URL": self.url, "AWS_REGION": REGION})
        return json.loads(done.stdout)


def same(got, want):
    if got != want:
        raise SystemExit(f"got  {got}\nwant {want}")


def check_interfaces(world):
    vpc = world.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = world.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = world.ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    made = world.ec2.create_network_interface(
        SubnetId=subnet, Groups=[group], PrivateIpAddresses=[
            {"PrivateIpAddress": "10.0.1.10", "Primary": True},
            {"PrivateIpAddress": "10.0.1.11", "Primary": False}])["NetworkInterface"]
    world.ec2.create_network_interface(SubnetId=subnet)
    got = world.ask("interfaces", f"vpc-id={vpc}", "addresses.private-ip-address=10.0.1.10")
    same(got, {"odd": 0, "items": [{
        "id": made["NetworkInterfaceId"], "vpc": vpc, "owner": made["OwnerId"], "groups": [group],
        "addresses": ["10.0.1.10", "10.0.1.11"], "prefixes": [], "instance": ""}]})
    same(len(world.ask("interfaces", f"vpc-id={vpc}")["items"]), 2)
    same(world.ask("interfaces", "vpc-id=vpc-none")["items"], [])
    return vpc, subnet, group


def check_groups(world, vpc, group):
    tls = "discriminat:tls:a.example,b.example"
    world.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [
            {"CidrIp": "0.0.0.0/1", "Description": tls},
            {"CidrIp": "128.0.0.0/1", "Description": "discriminat:tls:ü & <c>"}],
         "Ipv6Ranges": [{"CidrIpv6": "::/0", "Description": "six"}]},
        {"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535,
         "UserIdGroupPairs": [{"GroupId": group}]}])
    item, = world.ask("groups", group)["items"]
    same((item["id"], item["vpc"]), (group, vpc))
    same(sorted(item["egress"]), sorted([
        ["-1", 0, 65535, "0.0.0.0/0", ""],
        ["tcp", 443, 443, "0.0.0.0/1", tls],
        ["tcp", 443, 443, "128.0.0.0/1", "discriminat:tls:ü & <c>"],
        ["tcp", 443, 443, "::/0", "six"],
        ["udp", 0, 65535, group, ""]]))
    refused = world.ask("groups", "sg-00000000")
    same(refused["error"].startswith("InvalidGroup.NotFound: "), True)


def check_changes(world, subnet):
    image = world.ec2.describe_images()["Images"][0]["ImageId"]
    instance = world.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet,
                                       InstanceType="t3.micro")["Instances"][0]["InstanceId"]
    interface, = world.ask("interfaces", f"attachment.instance-id={instance}")["items"]
    same(interface["instance"], instance)
    same(world.ask("forward", instance), {"done": True})
    shown = world.ec2.describe_instance_attribute(InstanceId=instance, Attribute="sourceDestCheck")
    same(shown["SourceDestCheck"]["Value"], False)
    made = world.ec2.allocate_address(Domain="vpc", TagSpecifications=[
        {"ResourceType": "elastic-ip", "Tags": [{"Key": "discriminat", "Value": ""}]}])
    world.ec2.allocate_address(Domain="vpc")
    free, = world.ask("addresses", "tag-key=discriminat")["items"]
    same(free, {"allocation": made["AllocationId"], "association": "",
                "address": made["PublicIp"]})
    association = world.ask("associate", made["AllocationId"], instance)["association"]
    taken, = world.ask("addresses", "tag-key=discriminat")["items"]
    same((bool(association), taken["association"]), (True, association))


def check_texts(world):
    ssm, secrets = world.boto("ssm"), world.boto("secretsmanager")
    ssm.put_parameter(Name="/DiscrimiNAT/x", Value="a.example\nü", Type="SecureString")
    same(world.ask("parameter", "/DiscrimiNAT/x"), {"value": "a.example\nü", "version": 1})
    ssm.put_parameter(Name="/DiscrimiNAT/x", Value="b", Type="SecureString", Overwrite=True)
    same(world.ask("parameter", "/DiscrimiNAT/x"), {"value": "b", "version": 2})
    missing = world.ask("parameter", "none")
    same(missing["error"].startswith("ParameterNotFound: "), True)
    made = secrets.create_secret(Name="list", SecretString="c.example")
    same(world.ask("secret", made["ARN"]), {"value": "c.example", "version": made["VersionId"]})
    gone = world.ask("secret", "none")
    same(gone["error"].startswith("ResourceNotFoundException: "), True)
    role = world.ask("role", "arn:aws:iam::123456789012:role/r")
    same((role["id"].startswith("ASIA"), role["ends"]), (True, True))


def check_logs(world):
    texts = ['{"dhost": "ü.example"}', 'a "b"\n\tc', "z"]
    same(world.ask("put", "DiscrimiNAT", "flow", *texts), {"dropped": 0})
    events = world.boto("logs").get_log_events(logGroupName="DiscrimiNAT", logStreamName="flow",
                                               startFromHead=True)["events"]
    same([event["message"] for event in events], texts)


def main():
    program = shutil.which("moto_server")
    if not program:
        print("skipped: moto_server is not installed")
        return
    with moto(program) as url:
        world = World(sys.argv[1], url)
        vpc, subnet, group = check_interfaces(world)
        check_groups(world, vpc, group)
        check_changes(world, subnet)
        check_texts(world)
        check_logs(world)
    print("good")


if __name__ == "__main__":
    main()
