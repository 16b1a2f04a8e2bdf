"""Crafted TLS: ClientHellos with one thing wrong (or strange), and canned server answers.

RFC 8446 section 4.1.2 gives the shape, RFC 6066 section 3 the server name:

    record    type 22 | version | length | fragment
    handshake type 1 | length 3 bytes | body
    body      version | random 32 | session id | cipher suites | compression | extensions
    SNI       list length | (name type | name length | name)…

Nothing here can complete a handshake; the gateway's business ends with the ServerHello.
"""
import os
import struct

ALLOWED = b"truth.test"
OTHER = b"unlisted.test"
HRR_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def v8(data):
    return bytes([len(data)]) + data


def v16(data):
    return struct.pack("!H", len(data)) + data


def extension(kind, body):
    return struct.pack("!H", kind) + v16(body)


def name_entry(name, kind=0):
    return bytes([kind]) + v16(name)


def sni(*names):
    return extension(0, v16(b"".join(name_entry(n) for n in names)))


def versions(*values):
    return extension(43, v8(b"".join(struct.pack("!H", v) for v in values)))


def key_share(group=29, size=32):
    return extension(51, v16(struct.pack("!H", group) + v16(os.urandom(size))))


USUAL = [extension(10, v16(struct.pack("!3H", 29, 23, 24))), extension(11, b"\1\0"),
         extension(13, v16(struct.pack("!5H", 0x0403, 0x0804, 0x0401, 0x0503, 0x0805))),
         extension(23, b""), versions(0x0304, 0x0303), key_share(),
         extension(45, b"\1\1")]


def body(extensions, version=0x0303, session=b"", ciphers=(0x1301, 0xc02b, 0xc02f, 0x009c),
         compression=b"\0", tail=b"", extensions_size=None):
    block = b"".join(extensions)
    size = len(block) if extensions_size is None else extensions_size
    return (struct.pack("!H", version) + os.urandom(32) + v8(session)
            + v16(b"".join(struct.pack("!H", c) for c in ciphers)) + v8(compression)
            + struct.pack("!H", size) + block + tail)


def handshake(content, kind=1, size=None):
    length = len(content) if size is None else size
    return bytes([kind]) + struct.pack("!I", length)[1:] + content


def record(content, kind=22, version=0x0301):
    return bytes([kind]) + struct.pack("!HH", version, len(content)) + content


def records(content, size):
    """The content over many records of `size` bytes."""
    return b"".join(record(content[at:at + size]) for at in range(0, len(content), size))


def message(name=ALLOWED, extra=(), **more):
    return handshake(body([sni(name), *USUAL, *extra], **more))


def hello(name=ALLOWED, extra=(), **more):
    """A good ClientHello in one record."""
    return record(message(name, extra, **more))


def padded(total, name=ALLOWED):
    """A good ClientHello of exactly `total` handshake bytes, the name at its end, in records of
    16384 bytes as RFC 8446 section 5.1 allows at most."""
    bare = len(handshake(body([*USUAL, extension(21, b""), sni(name)])))
    content = handshake(body([*USUAL, extension(21, bytes(total - bare)), sni(name)]))
    return records(content, 16384)


def sslv2(name_unused=None):
    ciphers = b"".join(b"\0" + struct.pack("!H", c) for c in (0xc02f, 0x009c, 0x002f))
    content = struct.pack("!BHHHH", 1, 0x0303, len(ciphers), 0, 32) + ciphers + os.urandom(32)
    return struct.pack("!H", 0x8000 | len(content)) + content


def server_hello(version=0x0304, random=None, extensions=None):
    """A ServerHello; 0x0304 is said by the extension, older versions by the body."""
    if extensions is None:
        extensions = [extension(43, struct.pack("!H", 0x0304)),
                      extension(51, struct.pack("!H", 29) + v16(os.urandom(32)))]
        if version < 0x0304:
            extensions = [extension(0xff01, b"\0")]
    cipher = 0x1301 if version >= 0x0304 else 0xc02f
    return record(handshake(
        struct.pack("!H", min(version, 0x0303)) + (random or os.urandom(32)) + v8(b"")
        + struct.pack("!HB", cipher, 0) + v16(b"".join(extensions)), kind=2), version=0x0303)


def retry_request(group=24):
    return server_hello(random=HRR_RANDOM, extensions=[
        extension(43, struct.pack("!H", 0x0304)), extension(51, struct.pack("!H", group))])


def first_flight(version=0x0304):
    """What a server says first: ServerHello, then (to the eye) encrypted data."""
    return server_hello(version) + record(b"\1", 20, 0x0303) + record(os.urandom(400), 23, 0x0303)


def answers_once(wanted, reply):
    """For TruthServer: says `reply` when `wanted` bytes have arrived, then stays silent."""
    def decide(connection, received):
        if len(received) >= wanted and not connection.sent:
            return reply() if callable(reply) else reply
        return None
    return decide
