"""TruthServer: a TCP server that remembers every byte its kernel handed it.

What a server application received is the truth of an evasion test: it must be nothing when the
log says refused, and exactly what was judged when the log says allowed. The server lives in
threads of the test process, its sockets in the Internet's namespace. `reply` decides what it says:
a function (connection, all bytes so far) -> bytes to send now, or None.
"""
import contextlib
import socket
import struct
import threading
import time

from .netns import wait_until


class Connection:
    """One accepted connection. `received` grows until the peer ends; `end` says how it ended."""

    def __init__(self, sock, peer):
        self.sock = sock
        self.peer = peer
        self.received = b""
        self.sent = b""
        self.end = None  # "fin", "reset", "timeout"


class TruthServer:
    """Listens from construction until close(). Threads: one per connection."""

    def __init__(self, ns, address, port, reply=None, first=b""):
        with ns.entered():
            self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(1024)
        self.reply = reply
        self.first = first
        self.connections = []
        self.closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.closing:
            try:
                sock, peer = self.listener.accept()
            except OSError:
                return
            connection = Connection(sock, peer)
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        sock = connection.sock
        sock.settimeout(60)
        try:
            if self.first:
                sock.sendall(self.first)
            while data := sock.recv(65536):
                connection.received += data
                answer = self.reply(connection, connection.received) if self.reply else None
                if answer:
                    connection.sent += answer
                    sock.sendall(answer)
            connection.end = "fin"
        except socket.timeout:
            connection.end = "timeout"
        except OSError:
            connection.end = connection.end or "reset"
        with contextlib.suppress(OSError):
            sock.close()

    @property
    def received(self):
        """All bytes of all connections."""
        return b"".join(c.received for c in self.connections)

    def wait_received(self, count, timeout=5):
        return wait_until(lambda: len(self.received) >= count, timeout)

    def wait_ended(self, timeout=5):
        """Waits until every connection has ended."""
        return wait_until(lambda: all(c.end for c in self.connections), timeout)

    def stays_at(self, count, seconds=0.5):
        """True when no byte beyond `count` arrives for a while."""
        time.sleep(seconds)
        return len(self.received) == count

    def close(self):
        self.closing = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.end = connection.end or "closed"
            with contextlib.suppress(OSError):
                # By a reset: a socket that lingers would meet a later connection from its port.
                connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                           struct.pack("ii", 1, 0))
                connection.sock.shutdown(socket.SHUT_RDWR)
