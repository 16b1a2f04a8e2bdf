#!/usr/bin/env python3
"""An HTTP proxy before the imitated cloud that answers amiss as a test tells it.

    fault_proxy.py PORT TARGET_PORT SCRIPT.json ANSWERS.jsonl

SCRIPT.json is read again when it changes, so a test rewrites it by an atomic rename:
  {"faults": {OPERATION: FAULT}}   instead of the right answer to that operation, every time:
    {"error": [STATUS, CODE]}      as EC2 words it
    {"cut": true}                  half of the right answer, then the end of the connection
    {"delay": SECONDS}             before the right answer
    {"page": N, ...}               the fault of above only for page N
    {"signer": PREFIX, ...}        only for who signs with an access key id that begins so
  {"page_size": N}                 interfaces by pages: moto answers all at once
  {"prefixes": {ENI: BLOCK}}       interfaces that have a delegated block: moto tells of none
  {"ahead": SECONDS}               the service's clock: what is signed at another time is refused

OPERATION is the Action of EC2, or X-Amz-Target without its service. Each answer becomes a line of
ANSWERS.jsonl before it is sent: operation, page, status. Pages have tokens of this proxy's own.
"""
import email.utils
import http.client
import http.server
import json
import re
import sys
import threading
import time
import urllib.parse
from datetime import datetime, timezone

_SIGNED_FOR = 300  # seconds that a signature is good for
_ITEMS = re.compile(r"(<networkInterfaceSet>)(.*)(</networkInterfaceSet>)", re.DOTALL)


def error_text(code):
    return (f"<Response><Errors><Error><Code>{code}</Code><Message>by order of a test</Message>"
            "</Error></Errors><RequestID>1-2</RequestID></Response>").encode()


def top_items(text):
    """The <item>s of a list, each with the items inside it."""
    items, depth, begin = [], 0, 0
    for tag in re.finditer(r"<(/?)item>", text):
        if not tag[1]:
            begin = begin if depth else tag.start()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                items.append(text[begin:tag.end()])
    return items


def with_prefix(item, prefixes):
    for eni, block in prefixes.items():
        if f"<networkInterfaceId>{eni}<" in item:
            added = f"<ipv4PrefixSet><item><ipv4Prefix>{block}</ipv4Prefix></item></ipv4PrefixSet>"
            return item[:-len("</item>")] + added + "</item>"
    return item


def page_of(body, script, page):
    """A page of moto's answer to DescribeNetworkInterfaces, with what it leaves out."""
    text = body.decode()
    found = _ITEMS.search(text)
    if not found:
        return body
    items = [with_prefix(item, script.get("prefixes", {})) for item in top_items(found[2])]
    size = script.get("page_size", 1000)
    token = f"<nextToken>page-{page + 1}</nextToken>" if page * size < len(items) else ""
    items = "".join(items[(page - 1) * size:page * size])
    return (text[:found.start()] + found[1] + items + found[3] + token
            + text[found.end():]).encode()


class Proxy(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port, target, script, answers):
        super().__init__(("127.0.0.1", port), Handler)
        self.target = target
        self.script_path = script
        self.answers = open(answers, "a", buffering=1)
        self.lock = threading.Lock()

    def script(self):
        with open(self.script_path) as file:
            return json.load(file)

    def note(self, **line):
        with self.lock:
            self.answers.write(json.dumps(line) + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ahead = 0

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + self.ahead, usegmt=True)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = dict(urllib.parse.parse_qsl(body.decode()))
        operation = form.get("Action") or self.headers.get("X-Amz-Target", "").split(".")[-1]
        page = int(form.get("NextToken", "page-1").removeprefix("page-"))
        script = self.server.script()
        self.ahead = script.get("ahead", 0)
        fault = script.get("faults", {}).get(operation, {})
        if fault.get("page", page) != page or not self.is_signed_by(fault.get("signer", "")):
            fault = {}
        if "delay" in fault:
            time.sleep(fault["delay"])
        if self.is_signed_at_another_time():
            status, answer = 403, error_text("RequestExpired")
        elif "error" in fault:
            status, answer = fault["error"][0], error_text(fault["error"][1])
        else:
            status, answer = self.ask_target(body)
            if operation == "DescribeNetworkInterfaces" and status == 200:
                answer = page_of(answer, script, page)
        self.server.note(operation=operation, page=page, status=status,
                         fault=sorted(fault) if fault else None)
        self.answer(status, answer, cut=fault.get("cut"))

    def is_signed_by(self, prefix):
        return f"Credential={prefix}" in self.headers.get("Authorization", "")

    def is_signed_at_another_time(self):
        try:
            signed = datetime.strptime(self.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
        except (TypeError, ValueError):
            return False
        theirs = time.time() + self.ahead
        return abs(signed.replace(tzinfo=timezone.utc).timestamp() - theirs) > _SIGNED_FOR

    def ask_target(self, body):
        target = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=60)
        try:
            target.request("POST", self.path, body, dict(self.headers))
            answer = target.getresponse()
            self.kind = answer.headers.get("Content-Type", "text/xml")
            return answer.status, answer.read()
        finally:
            target.close()

    kind = "text/xml"

    def answer(self, status, body, cut):
        self.send_response(status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if cut else body)
        self.close_connection = bool(cut)


if __name__ == "__main__":
    Proxy(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]).serve_forever()
