"""The laboratory's names and addresses: one table for DNS, certificates, servers and tests.

198.51.100.0/24 and 203.0.113.0/24 play the Internet, 10.0.1.0/24 the private subnet.
"""

CLIENTS = {"c1": "10.0.1.10", "c2": "10.0.1.11", "stranger": "10.0.1.99"}
GATEWAY_INSIDE = "10.0.1.1"
GATEWAY_OUTSIDE = "198.51.100.1"
VPC_RESOLVER = "10.0.1.2"  # what clients ask; it stands in their own subnet, as a cloud's does
DNS = "198.51.100.53"  # what the gateway asks
DNS_CACHE = "198.51.100.54"  # a real resolver in front of it, for the tests that start one
TRUTH = "198.51.100.30"  # records what it received
TRUTH_OTHER = "198.51.100.31"
ELSEWHERE = "198.51.100.40"  # an address that no name resolves to; the TLS server is there too
ROTATING = [f"203.0.113.{i}" for i in range(10, 18)]
OUTSIDE = [f"198.51.100.{i}" for i in range(10, 41)] + [DNS, DNS_CACHE] + ROTATING

ZONE = {
    "allowed.test": {"a": ["198.51.100.10"]},
    "second.test": {"a": ["198.51.100.11"]},
    "unlisted.test": {"a": ["198.51.100.12"]},
    "*.wild.test": {"a": ["198.51.100.13"]},
    "wild.test": {"a": ["198.51.100.13"]},
    "old.test": {"a": ["198.51.100.14"]},
    "ssh.test": {"a": ["198.51.100.15"]},
    "ssh-refused.test": {"a": ["198.51.100.16"]},
    "shared-a.test": {"a": ["198.51.100.17"]},
    "shared-b.test": {"a": ["198.51.100.17"]},
    "git.test": {"a": ["198.51.100.18"]},
    "plain.test": {"a": ["198.51.100.19"]},
    "big.test": {"a": ["198.51.100.20"]},
    "crl.test": {"a": ["198.51.100.21"]},
    "hrr.test": {"a": ["198.51.100.22"]},
    "alias.test": {"cname": "target-of-alias.test"},
    "target-of-alias.test": {"a": ["198.51.100.11"]},
    "truth.test": {"a": [TRUTH]},
    "truth-other.test": {"a": [TRUTH_OTHER]},
    "wrong.test": {"a": [TRUTH]},
    "rotating.test": {"rotate": ROTATING, "per_answer": 1, "ttl": 1},
    "rebound.test": {"a": ["169.254.169.254"]},
    "private.test": {"a": ["10.0.1.11"]},
    "loopback.test": {"a": ["127.0.0.1"]},
    "servfail.test": {"status": "servfail"},
    "silent.test": {"status": "silence"},
}

# Names that the TLS server presents in its certificate, and the addresses where it listens.
TLS_NAMES = ["allowed.test", "second.test", "unlisted.test", "wild.test", "*.wild.test",
             "a.b.wild.test", "shared-a.test", "shared-b.test", "git.test", "big.test",
             "alias.test", "rotating.test", "old.test", "hrr.test", "private.test", "truth.test",
             "late.test", "moving.test"]
TLS_ADDRESSES = [f"198.51.100.{i}" for i in (10, 11, 12, 13, 17, 18, 20, 40)] + ROTATING
# What the certificate names as the places of revocation lists; the first one holds a real list.
CRLS = ["http://crl.test/crl/authority.crl", "http://crl.test/crl/large.crl?n=1",
        "http://truth.test/list.crl", "ldap://crl.test/cn=ca", "https://crl.test/crl/tls.crl"]
LARGE_CRL_BYTES = 3_000_000
HTTP_ADDRESSES = ["198.51.100.10", "198.51.100.19", "198.51.100.21"]
SSH_ADDRESSES = ["198.51.100.15", "198.51.100.16"]
BIG_BYTES = 6_000_000
BIG_RATE = 300_000  # bytes per second: a download lives for 20 s
