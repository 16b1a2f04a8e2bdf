"""talk(): a plain socket of a client that says crafted bytes and reports how the peer took them."""
import socket
import struct
import time

from .zone import TRUTH

ACCESS_DENIED = bytes([2, 49])  # a fatal TLS alert, access_denied


class Talk:
    """What happened: `connected`, the bytes `received`, and `end`: fin, reset, silence, refused."""

    def __init__(self):
        self.connected = False
        self.received = b""
        self.end = "silence"

    @property
    def denied_by_alert(self):
        """The answer is exactly one fatal access_denied alert."""
        return len(self.received) == 7 and self.received[0] == 21 \
            and self.received[5:] == ACCESS_DENIED


def connect(lab, dst=TRUTH, port=443, client="c1", timeout=5, mss=None, nodelay=False):
    with lab.clients[client].entered():
        sock = socket.socket()
    if mss:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
    if nodelay:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(timeout)
    try:
        sock.connect((dst, port))
    except OSError:
        sock.close()
        raise
    return sock


def listen_to(sock, talk, timeout, enough=None):
    """Reads until the peer ends, `enough` bytes came, or the time is over."""
    end = time.monotonic() + timeout
    while (left := end - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            data = sock.recv(65536)
        except socket.timeout:
            break
        except OSError:
            talk.end = "reset"
            return talk
        if not data:
            talk.end = "fin"
            return talk
        talk.received += data
        if enough and len(talk.received) >= enough:
            return talk
    return talk


def talk(lab, data, dst=TRUTH, port=443, client="c1", timeout=5, size=None, pause=0.0,
         enough=None, mss=None, nodelay=False):
    """Connects, sends `data` (in pieces of `size` with pauses between), then listens."""
    result = Talk()
    try:
        sock = connect(lab, dst, port, client, timeout, mss, nodelay)
    except OSError:
        result.end = "refused"
        return result
    result.connected = True
    with sock:
        try:
            for at in range(0, len(data), size or len(data) or 1):
                sock.sendall(data[at:at + (size or len(data))])
                if pause:
                    time.sleep(pause)
        except OSError:
            result.end = "reset"  # the answer may still be readable
        listen_to(sock, result, timeout, enough)
        # A reset at the end: nothing of ours lingers in the kernels.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return result
