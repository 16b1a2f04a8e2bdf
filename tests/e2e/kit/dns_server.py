#!/usr/bin/env python3
"""A scripted authoritative DNS server: dns_server.py ADDRESS:PORT ZONE.json QUERIES.jsonl

The zone maps a name (`*.x` covers one or more labels) to an object:
  {"a": [addresses], "ttl": 60}          all of them in each answer
  {"rotate": [addresses], "per_answer": 1, "ttl": 1}   the next ones in each answer
  {"cname": "other.name"}                the chain is followed within the zone
  {"status": "nxdomain" | "servfail" | "refused" | "silence" | "nodata"}
  {..., "delay": 0.2}                    seconds before the answer
A name that is missing is NXDOMAIN. The file is read again when it changes, so a test rewrites it
by an atomic rename. Each question becomes a line of the query log before it is answered: tests
assert from it which names were asked. UDP and TCP; answers beyond 1232 bytes are cut with TC over
UDP. Only what tests need is here: no EDNS, no zones, no caching.
"""
import itertools
import json
import os
import socket
import struct
import sys
import threading
import time

_STATUS = {"nxdomain": 3, "servfail": 2, "refused": 5, "nodata": 0}
_TYPES = {1: "A", 28: "AAAA", 5: "CNAME", 64: "SVCB", 65: "HTTPS"}


class Zone:
    """The script: looked up under a lock, reloaded when its file changes."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.stamp = None
        self.entries = {}
        self.turns = {}

    def find(self, name):
        with self.lock:
            info = os.stat(self.path)
            stamp = (info.st_mtime_ns, info.st_ino)
            if stamp != self.stamp:
                with open(self.path, encoding="utf-8") as file:
                    self.entries = json.load(file)
                self.stamp = stamp
            labels = name.split(".")
            for key in [name, *(f"*.{'.'.join(labels[i:])}" for i in range(1, len(labels)))]:
                if key in self.entries:
                    return key, self.entries[key]
            return name, {"status": "nxdomain"}

    def addresses(self, key, entry):
        if "rotate" not in entry:
            return entry.get("a", [])
        count = entry.get("per_answer", 1)
        ring = entry["rotate"]
        with self.lock:
            turn = self.turns.get(key, 0)
            self.turns[key] = turn + count
        return [ring[(turn + i) % len(ring)] for i in range(min(count, len(ring)))]


def read_question(packet):
    """(id, flags, name, type, end of the question); None for what is no plain question."""
    if len(packet) < 17:
        return None
    ident, flags, count = struct.unpack("!HHH", packet[:6])
    if flags & 0x8000 or count != 1:
        return None
    labels, at = [], 12
    while at < len(packet) and packet[at]:
        size = packet[at]
        if size > 63 or at + 1 + size >= len(packet):
            return None
        labels.append(packet[at + 1:at + 1 + size])
        at += 1 + size
    if at + 5 > len(packet):
        return None
    kind = struct.unpack("!H", packet[at + 1:at + 3])[0]
    name = b".".join(labels).decode("latin-1").lower()
    return ident, flags, name, kind, at + 5


def encode_name(name):
    return b"".join(bytes([len(x)]) + x.encode("latin-1") for x in name.split(".")) + b"\0"


def answer(zone, packet, log):
    """The answer to a question, or None for silence."""
    asked = read_question(packet)
    if asked is None:
        return None
    ident, flags, name, kind, end = asked
    log(name, _TYPES.get(kind, str(kind)))
    records, owner, code = [], name, 0
    for _ in range(32):
        key, entry = zone.find(owner)
        time.sleep(entry.get("delay", 0))
        status = entry.get("status")
        if status == "silence":
            return None
        if status:
            code = _STATUS[status]
            break
        if "cname" in entry:
            target = encode_name(entry["cname"])
            records.append(encode_name(owner)
                           + struct.pack("!HHIH", 5, 1, entry.get("ttl", 60), len(target)) + target)
            owner = entry["cname"]
            continue
        if kind == 1:
            records += [encode_name(owner)
                        + struct.pack("!HHIH", 1, 1, entry.get("ttl", 60), 4)
                        + socket.inet_aton(a) for a in zone.addresses(key, entry)]
        break
    head = struct.pack("!HHHHHH", ident, 0x8480 | flags & 0x0100 | code, 1, len(records), 0, 0)
    return head + packet[12:end] + b"".join(records)


def cut_for_udp(reply):
    if len(reply) <= 1232:
        return reply
    ident, flags = struct.unpack("!HH", reply[:4])
    end = read_question(struct.pack("!HH", ident, 0) + reply[4:])[4]
    return struct.pack("!HHHHHH", ident, flags | 0x0200, 1, 0, 0, 0) + reply[12:end]


def serve_udp(zone, sock, log):
    def one(packet, peer):
        reply = answer(zone, packet, log)
        if reply is not None:
            sock.sendto(cut_for_udp(reply), peer)
    while True:
        packet, peer = sock.recvfrom(4096)
        threading.Thread(target=one, args=(packet, peer), daemon=True).start()


def serve_tcp(zone, sock, log):
    def one(peer):
        with peer:
            peer.settimeout(10)
            stream = peer.makefile("rb")
            while len(size := stream.read(2)) == 2:
                reply = answer(zone, stream.read(struct.unpack("!H", size)[0]), log)
                if reply is not None:
                    peer.sendall(struct.pack("!H", len(reply)) + reply)
    while True:
        peer, _ = sock.accept()
        threading.Thread(target=one, args=(peer,), daemon=True).start()


def main(where, zone_path, log_path):
    host, port = where.rsplit(":", 1)
    zone = Zone(zone_path)
    lines = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    numbers = itertools.count(1)

    def log(name, kind):
        line = {"n": next(numbers), "time": time.time(), "name": name, "type": kind}
        os.write(lines, (json.dumps(line) + "\n").encode())

    tcp = socket.create_server((host, int(port)), backlog=64)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((host, int(port)))
    threading.Thread(target=serve_tcp, args=(zone, tcp, log), daemon=True).start()
    serve_udp(zone, udp, log)


if __name__ == "__main__":
    main(*sys.argv[1:])
