"""RawConnection: a TCP client made of raw packets, for what no honest stack would send.

The packets leave through an IPPROTO_RAW socket inside the client's namespace; answers are read from
a raw TCP socket there. Source ports above 61000 belong to these connections: the laboratory drops
the kernel's own resets for them (lab.py). Offsets count from the first payload byte (ISN + 1).
"""
import itertools
import random
import socket
import struct
import time

from .zone import CLIENTS

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
_SO_MARK = 36
_ports = itertools.cycle(random.sample(range(61001, 65535), 4000))

MD5_OPTION = bytes([19, 18]) + bytes(16) + b"\1\1"
MSS_OPTION = struct.pack("!BBH", 2, 4, 1460)


def timestamp_option(value, echo):
    return b"\1\1" + struct.pack("!BBII", 8, 10, value & 0xffffffff, echo & 0xffffffff)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def tcp_segment(src, dst, sport, dport, seq, ack, flags, data=b"", options=b"", window=64240,
                urgent=0, bad_checksum=False, data_offset=None):
    options += b"\0" * (-len(options) % 4)
    offset = data_offset or 5 + len(options) // 4
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                       offset << 4, flags, window, 0, urgent)
    pseudo = (socket.inet_aton(src) + socket.inet_aton(dst)
              + struct.pack("!BBH", 0, 6, len(head) + len(options) + len(data)))
    total = checksum(pseudo + head + options + data)
    if bad_checksum:
        total ^= 0x5555
    return head[:16] + struct.pack("!H", total) + head[18:] + options + data


def ip_packet(src, dst, payload, protocol=6, ttl=64, options=b"", ident=0, fragment=0):
    options += b"\0" * (-len(options) % 4)
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | 5 + len(options) // 4, 0,
                       20 + len(options) + len(payload), ident, fragment, ttl, protocol, 0,
                       socket.inet_aton(src), socket.inet_aton(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip_fragments(packet, size):
    """The packet in fragments of `size` payload bytes (a multiple of 8)."""
    head_size = (packet[0] & 15) * 4
    head, payload = packet[:head_size], packet[head_size:]
    src, dst = socket.inet_ntoa(head[12:16]), socket.inet_ntoa(head[16:20])
    ident = random.randrange(1, 65536)
    return [ip_packet(src, dst, payload[at:at + size], head[9], head[8], b"", ident,
                      at // 8 | (0x2000 if at + size < len(payload) else 0))
            for at in range(0, len(payload), size)]


def raw_sender(ns):
    """A socket that sends whole IP packets from the namespace, past our own reset filter."""
    with ns.entered():
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    sock.setsockopt(socket.SOL_SOCKET, _SO_MARK, 7)
    return sock


class Segment:
    """A received TCP segment."""

    def __init__(self, packet):
        at = (packet[0] & 15) * 4
        self.src = socket.inet_ntoa(packet[12:16])
        (self.sport, self.dport, self.seq, self.ack, offset, self.flags) = struct.unpack(
            "!HHIIBB", packet[at:at + 14])
        start = at + (offset >> 4) * 4
        self.options = packet[at + 20:start]
        self.payload = packet[start:]


class RawConnection:
    """One connection of client `name` to dst:port. The handshake is made by the constructor unless
    `handshake` is False."""

    def __init__(self, lab, dst, dport=443, client="c1", options=b"", syn_data=b"",
                 timestamps=False, handshake=True, ttl=64):
        self.src, self.dst, self.dport = CLIENTS[client], dst, dport
        self.sport = next(_ports)
        self.isn = random.randrange(1 << 31)
        self.timestamps, self.clock, self.echo = timestamps, random.randrange(1 << 20, 1 << 24), 0
        ns = lab.clients[client]
        self.out = raw_sender(ns)
        with ns.entered():
            self.inlet = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.inlet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.segments = []
        self.rseq = 0
        self.established = False
        if handshake:
            self.connect(options, syn_data, ttl)

    def connect(self, options=b"", syn_data=b"", ttl=64):
        options = MSS_OPTION + options + (timestamp_option(self.clock, 0) if self.timestamps
                                          else b"")
        self.packet(self.isn, 0, SYN, syn_data, options, ttl=ttl)
        reply = self.wait(lambda s: s.flags & (SYN | RST), 3)
        if reply is None or reply.flags & RST:
            return
        self.established = True
        self.rseq = reply.seq + 1
        self.syn_ack = reply
        if self.timestamps:
            at = reply.options.find(b"\x08\x0a")
            self.echo = struct.unpack("!I", reply.options[at + 2:at + 6])[0]
        self.packet(self.isn + 1, self.rseq, ACK)

    def packet(self, seq, ack, flags, data=b"", options=None, ttl=64, ip_options=b"",
               fragment=None, reverse=False, **more):
        if options is None:
            self.clock += 10
            options = timestamp_option(self.clock, self.echo) if self.timestamps else b""
        segment = tcp_segment(self.src, self.dst, self.sport, self.dport, seq, ack, flags, data,
                              options, **more)
        whole = ip_packet(self.src, self.dst, segment, ttl=ttl, options=ip_options,
                          ident=random.randrange(1, 65536))
        pieces = ip_fragments(whole, fragment) if fragment else [whole]
        for piece in reversed(pieces) if reverse else pieces:
            self.out.sendto(piece, (self.dst, 0))

    def send(self, offset, data, flags=PSH | ACK, ack=None, **more):
        """Payload at a stream offset."""
        self.packet(self.isn + 1 + offset, self.rseq if ack is None else ack, flags, data, **more)

    def send_stream(self, data, size=1400, start=0):
        for at in range(start, len(data), size):
            self.send(at, data[at:at + size])

    def reset(self, offset=0, **more):
        self.packet(self.isn + 1 + offset, self.rseq, RST, **more)

    def wait(self, condition, timeout):
        """Reads answers until one fits; None after the timeout."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            self.inlet.settimeout(max(left, 0.001))
            try:
                segment = Segment(self.inlet.recv(65535))
            except socket.timeout:
                break
            if (segment.src, segment.sport, segment.dport) != (self.dst, self.dport, self.sport):
                continue
            self.segments.append(segment)
            if condition(segment):
                return segment
        return None

    def wait_reset(self, timeout=5):
        if any(s.flags & RST for s in self.segments):
            return True
        return self.wait(lambda s: s.flags & RST, timeout) is not None

    def wait_payload(self, timeout=5):
        """Waits for a segment of the server with payload; returns it."""
        return self.wait(lambda s: len(s.payload) > 0, timeout)

    def answer(self):
        """Acknowledges what the server sent so far, in order; returns those bytes."""
        data = b""
        for segment in sorted(self.segments, key=lambda s: s.seq - self.rseq & 0xffffffff):
            if segment.payload and segment.seq == self.rseq + len(data) & 0xffffffff:
                data += segment.payload
        return data

    def drain(self, seconds=0.3):
        self.wait(lambda s: False, seconds)
        return self.segments

    def close(self):
        self.out.close()
        self.inlet.close()
