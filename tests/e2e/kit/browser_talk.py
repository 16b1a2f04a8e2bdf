"""Requests to the console as raw bytes: what a browser, or somebody who plays one, could send."""
import socket


def ask(lab, text, body=b"", limit=20):
    """The whole answer to one request, as it stands."""
    with lab.gw.entered():
        connection = socket.create_connection(("127.0.0.1", 1043), timeout=limit)
    with connection:
        connection.sendall(text.replace("\n", "\r\n").encode("latin-1") + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer.decode("latin-1")


def request(method, target, *fields, host="127.0.0.1:1043", length=None):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *fields]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\n".join(lines) + "\n\n"


def status_of(answer):
    return int(answer.split(" ", 2)[1]) if answer else 0
