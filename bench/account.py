#!/usr/bin/env python3
"""A large account of AWS, as far as a gateway asks: bench/sweep starts it.

    account.py PORT RECORD          10,000 interfaces, 2,500 groups, 100,000 rules

It answers DescribeNetworkInterfaces and DescribeSecurityGroups by pages and by ids, in the form of
EC2's Query API, and has neither parameters nor secrets. The texts are made once, so an answer costs
little: it is on the machine that is measured. Each time the group EDITED is told, one of its rules
names another name than before, so that every sweep of the groups brings a policy to compile. Every
call is recorded in RECORD, one line of JSON: when it came, when it was answered, on the monotonic
clock.

The first groups are the load's client's: they allow the names of the load. No test covers this.
"""
import http.server
import json
import sys
import time
import urllib.parse
from pathlib import Path

INTERFACES, GROUPS, RULES = 10_000, 2_500, 40  # rules of each group
MERGED = 30  # of them: ranges of one permission; the others have a port of their own
INBOUND = 20  # rules of each group that are not egress
EDITED = 17
CLIENT, CLIENT_GROUPS, NAMES_PER_RULE = "10.0.1.10", 5, 10
LOAD_NAMES = CLIENT_GROUPS * RULES * NAMES_PER_RULE
PIECE = 16384  # bytes of an answer that one system call takes
VPC = "vpc-0123456789abcdef0"


def gid(i):
    return f"sg-{i:017x}"


def exact_name(group, rule, edits=0):
    return f"api-{rule}{'-edited' * (edits % 2)}.service-{group}.example.com"


def exact_names():
    """All names that some rule of another group than the client's ever names."""
    return [exact_name(EDITED, 0, 1), *(exact_name(group, rule) for rule in range(RULES)
                                        for group in range(CLIENT_GROUPS, GROUPS))]


def annotation(group, rule, edits):
    if group < CLIENT_GROUPS:
        first = (group * RULES + rule) * NAMES_PER_RULE
        return "discriminat:tls:" + ",".join(f"host-{i:05}.bench.test"
                                             for i in range(first, first + NAMES_PER_RULE))
    return (f"discriminat:tls:{exact_name(group, rule, edits)},"
            f"*.team-{rule}-{group}.example.net # payments and the like")


def permission(port, ranges):
    return (f"<item><ipProtocol>tcp</ipProtocol><fromPort>{port}</fromPort><toPort>{port}</toPort>"
            f"<groups/><ipRanges>{ranges}</ipRanges><ipv6Ranges/><prefixListIds/></item>\n")


def address_range(number, description):
    return (f"<item><cidrIp>192.0.2.{number}/32</cidrIp><description>{description}</description>"
            "</item>\n")


def group_text(i, edits=0):
    merged = RULES if i < CLIENT_GROUPS else MERGED
    rules = [address_range(n, annotation(i, n, edits if n == 0 else 0)) for n in range(RULES)]
    egress = permission(443, "".join(rules[:merged]))
    egress += "".join(permission(8000 + n, rules[n]) for n in range(merged, RULES))
    inbound = "".join(permission(1000 + n, address_range(n, "from the office"))
                      for n in range(INBOUND))
    return f"""<item><ownerId>123456789012</ownerId><groupId>{gid(i)}</groupId>
<groupName>service-{i}</groupName><groupDescription>of service {i}</groupDescription>
<vpcId>{VPC}</vpcId><ipPermissions>{inbound}</ipPermissions>
<ipPermissionsEgress>{egress}</ipPermissionsEgress>
<tagSet><item><key>Name</key><value>service-{i}</value></item></tagSet></item>
"""


def interface_text(i):
    address = CLIENT if i == 0 else f"10.{16 + i // 62500}.{i // 250 % 250}.{i % 250 + 4}"
    groups = range(CLIENT_GROUPS) if i == 0 else [(i + n * 7) % GROUPS for n in range(1 + i % 3)]
    told = "".join(f"<item><groupId>{gid(n)}</groupId><groupName>service-{n}</groupName></item>\n"
                   for n in groups)
    name = f"ip-{address.replace('.', '-')}.eu-west-1.compute.internal"
    return f"""<item>
<networkInterfaceId>eni-{i:017x}</networkInterfaceId><subnetId>subnet-{i:017x}</subnetId>
<vpcId>{VPC}</vpcId><availabilityZone>eu-west-1a</availabilityZone>
<description>Primary network interface</description><ownerId>123456789012</ownerId>
<requesterManaged>false</requesterManaged><status>in-use</status>
<macAddress>02:00:00:00:00:01</macAddress><privateIpAddress>{address}</privateIpAddress>
<privateDnsName>{name}</privateDnsName><sourceDestCheck>true</sourceDestCheck>
<groupSet>{told}</groupSet>
<attachment><attachmentId>eni-attach-{i:017x}</attachmentId><instanceId>i-{i:017x}</instanceId>
<instanceOwnerId>123456789012</instanceOwnerId><deviceIndex>0</deviceIndex>
<networkCardIndex>0</networkCardIndex><status>attached</status>
<attachTime>2026-11-01T12:00:00.000Z</attachTime><deleteOnTermination>true</deleteOnTermination>
</attachment>
<tagSet><item><key>Name</key><value>service-{i}</value></item>
<item><key>team</key><value>team-{i}</value></item></tagSet>
<privateIpAddressesSet><item><privateIpAddress>{address}</privateIpAddress>
<privateDnsName>{name}</privateDnsName><primary>true</primary></item></privateIpAddressesSet>
<ipv6AddressesSet/><interfaceType>interface</interfaceType><operator><managed>false</managed>
</operator></item>
"""


class Account:
    def __init__(self, record):
        self.record = open(record, "w", buffering=1)
        self.interfaces = [interface_text(i).encode() for i in range(INTERFACES)]
        self.groups = [group_text(i).encode() for i in range(GROUPS)]
        self.edits = 0

    def answer(self, form):
        """(status, body) of a call."""
        ask = {key: values[0] for key, values in urllib.parse.parse_qs(form).items()}
        action = ask.get("Action")
        if action == "DescribeNetworkInterfaces":
            mine = [] if "Filter.1.Name" in ask else self.interfaces
            return 200, page(action, "networkInterfaceSet", mine, ask)
        if action == "DescribeSecurityGroups":
            return 200, self.tell_groups(action, ask)
        # Parameter Store and Secrets Manager, which are asked in JSON.
        return 400, b'{"__type":"ParameterNotFound"}'

    def tell_groups(self, action, ask):
        told = self.groups
        if ask.get("Filter.1.Name") == "group-id":
            ids = [value for key, value in ask.items() if key.startswith("Filter.1.Value.")]
            told = [self.groups[int(i[3:], 16)] for i in ids]
        body = page(action, "securityGroupInfo", told, ask)
        if self.groups[EDITED] in body:
            self.edits += 1
            self.groups[EDITED] = group_text(EDITED, self.edits).encode()
        return body

    def note(self, came, size):
        self.record.write(json.dumps({"came": came, "answered": time.monotonic(),
                                      "bytes": size}) + "\n")


def page(action, items_name, items, ask):
    first = int(ask.get("NextToken", 0))
    end = first + int(ask.get("MaxResults", len(items) or 1))
    token = f"<nextToken>{end}</nextToken>" if end < len(items) else ""
    return b"".join([
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{action}Response xmlns="http://ec2.amazonaws.com'
        f'/doc/2016-11-15/"><requestId>1</requestId>\n<{items_name}>'.encode(), *items[first:end],
        f"</{items_name}>{token}</{action}Response>".encode()])


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        came = time.monotonic()
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        status, body = self.server.account.answer(form)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # In pieces: a megabyte in one system call would keep the CPU for as long as its way through
        # the kernel takes, and no other thread would get it.
        for at in range(0, len(body), PIECE):
            self.wfile.write(body[at:at + PIECE])
        if status == 200:
            self.server.account.note(came, len(body))

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Request)
    server.account = Account(Path(sys.argv[2]))
    server.serve_forever()


if __name__ == "__main__":
    main()
