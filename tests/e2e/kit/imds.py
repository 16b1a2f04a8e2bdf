"""Instance metadata, version 2, of an instance that a test makes up.

A server in this process (or, with `entered`, at an address of a namespace) that a test changes by
calling it: values, tags, notices, credentials that change, tokens that expire, silence. As in EC2
nothing is told without a token, a token has an end, a PUT that came through a proxy is refused, and
a path that ends in "/" lists what is below it. It is stricter in one thing: version 1 does not
exist.

    with Imds() as imds:
        imds.start_spot_action("terminate")
        subprocess.run(program, env=os.environ | imds.environment())
"""
import contextlib
import datetime
import http.server
import json
import secrets
import threading
import time

TOKEN_SECONDS_MAX = 21600
META_DATA = "/latest/meta-data/"
DOCUMENT = "/latest/dynamic/instance-identity/document"
_MAC = "network/interfaces/macs/02:00:00:00:00:01/"

VALUES = {
    "instance-id": "i-0123456789abcdef0",
    "mac": "02:00:00:00:00:01",
    "placement/region": "eu-west-1",
    "placement/availability-zone": "eu-west-1a",
    "services/domain": "amazonaws.com",
    "services/partition": "aws",
    "public-ipv4": "203.0.113.80",
    "local-ipv4": "10.0.1.1",
    _MAC + "interface-id": "eni-0123456789abcdef0",
    _MAC + "owner-id": "123456789012",
    _MAC + "vpc-id": "vpc-0123456789abcdef0",
    _MAC + "subnet-id": "subnet-0123456789abcdef0",
    "autoscaling/target-lifecycle-state": "InService",
}


def iso_time(seconds_ahead):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_ahead)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


class Imds:
    """Serves from its making until close(). Every method may be called at any time."""

    def __init__(self, address="127.0.0.1", port=0, entered=contextlib.nullcontext,
                 role="discriminat"):
        self.role = role
        self.off = False      # 403 for everything: the owner does not want it
        self.silent = False   # the connection ends without an answer
        self.asked = []       # (method, path, status), in order
        self._values = dict(VALUES)
        self._tokens = {}     # token -> its end, on the monotonic clock
        self._lock = threading.Lock()
        self.rotate_credentials()
        with entered():
            self._server = _Server((address, port), self)
        self.url = f"http://{address}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,),
                                        daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def environment(self):
        """Variables that lead a client of the cloud here."""
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url}

    # -- what a test changes ---------------------------------------------------------------------

    def set(self, path, text):
        """The value below /latest/meta-data/; None takes it away."""
        with self._lock:
            self._values.pop(path, None)
            if text is not None:
                self._values[path] = text

    def set_tag(self, key, value):
        self.set("tags/instance/" + key, value)

    def set_lifecycle_state(self, state):
        """InService, Terminated…; None: the instance is in no group."""
        self.set("autoscaling/target-lifecycle-state", state)

    def start_spot_action(self, action="terminate", seconds_ahead=120):
        self.set("spot/instance-action",
                 json.dumps({"action": action, "time": iso_time(seconds_ahead)}))

    def rotate_credentials(self, seconds=6 * 3600):
        """Other credentials of the role; those before are in the caller's hands. Returns them."""
        made = {"Code": "Success", "LastUpdated": iso_time(0), "Type": "AWS-HMAC",
                "AccessKeyId": "ASIA" + secrets.token_hex(8).upper(),
                "SecretAccessKey": secrets.token_hex(20), "Token": secrets.token_urlsafe(96),
                "Expiration": iso_time(seconds)}
        self.set("iam/security-credentials/" + self.role, json.dumps(made))
        return made

    def expire_tokens(self):
        """Tokens given so far are refused from now on."""
        with self._lock:
            self._tokens.clear()

    # -- answers ---------------------------------------------------------------------------------

    def answer(self, method, path, headers):
        """(status, text) for a request, noted in `asked`."""
        with self._lock:
            status, text = self._decide(method, path, headers)
            self.asked.append((method, path, status))
        return status, text

    def _decide(self, method, path, headers):
        if self.off:
            return 403, ""
        if method == "PUT":
            return self._give_token(path, headers)
        if self._tokens.get(headers.get("X-aws-ec2-metadata-token"), 0) <= time.monotonic():
            return 401, ""
        text = self._find(path)
        return (404, "") if text is None else (200, text)

    def _give_token(self, path, headers):
        if path != "/latest/api/token":
            return 405, ""
        if headers.get("X-Forwarded-For") is not None:
            return 403, ""
        seconds = headers.get("X-aws-ec2-metadata-token-ttl-seconds") or ""
        if not seconds.isdecimal() or not 1 <= int(seconds) <= TOKEN_SECONDS_MAX:
            return 400, ""
        token = secrets.token_urlsafe(40) + "=="
        self._tokens[token] = time.monotonic() + int(seconds)
        return 200, token

    def _find(self, path):
        if path == DOCUMENT:
            return self._identity_document()
        if not path.startswith(META_DATA):
            return None
        path = path[len(META_DATA):]
        if path in self._values:
            return self._values[path]
        if path and not path.endswith("/"):
            return None
        below = [key[len(path):] for key in self._values if key.startswith(path)]
        names = sorted({k if "/" not in k else k.split("/")[0] + "/" for k in below})
        return "\n".join(names) or None

    def _identity_document(self):
        value = self._values.get
        return json.dumps({
            "accountId": value(_MAC + "owner-id"), "architecture": "x86_64",
            "availabilityZone": value("placement/availability-zone"), "imageId": "ami-0",
            "instanceId": value("instance-id"), "instanceType": "c6i.large",
            "pendingTime": iso_time(0), "privateIp": value("local-ipv4"),
            "region": value("placement/region"), "version": "2017-09-30"})


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, imds):
        self.imds = imds
        super().__init__(address, _Request)


class _Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self):
        self._reply("GET")

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._reply("PUT")

    def _reply(self, method):
        imds = self.server.imds
        if imds.silent:
            self.close_connection = True
            return
        status, text = imds.answer(method, self.path, self.headers)
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
