"""Network namespaces and the processes in them; everything made here is taken away again.

A Namespace is one `ip netns`. Sockets of this very process can be made inside it (`entered()`), so
many tests need no child. A Workshop owns namespaces, children and a temporary folder: it ends what
it started, by pid, and removes what it made, also after an exception, SIGINT or SIGTERM. A run that
was killed outright is swept by the next one: names carry the pid of their maker (and begin with
`dnk` for a laboratory that shall outlive it, which only `scripts/demo --down` takes away).
"""
import atexit
import contextlib
import ctypes
import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_NETNS_ETC = Path("/etc/netns")
NAME = re.compile(r"^(dn|dnk)-(\d+)-[a-z0-9]+$")


def setns(fd):
    """Moves the calling thread into the network namespace behind fd."""
    if _libc.setns(fd, _CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def die_with_parent():
    """Runs in the child before exec: no test process survives its test."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def sh(*command, check=True, stdin=None, timeout=60):
    """Runs a command to its end; raises with its output when it fails."""
    done = subprocess.run([str(c) for c in command], input=stdin, text=True, timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL if stdin is None else None)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {done.returncode}\n"
                           f"{done.stdout}")
    return done.stdout


class Namespace:
    """One network namespace. Lives until its Workshop closes."""

    def __init__(self, shop, name):
        self.shop = shop
        self.name = name
        self.path = Path("/run/netns") / name

    def ip(self, *words, check=True):
        return sh("ip", "-n", self.name, *words, check=check)

    def wrap(self, *command):
        """The command line that runs `command` in here, with this namespace's resolv.conf."""
        return ["ip", "netns", "exec", self.name, *[str(c) for c in command]]

    def sh(self, *command, **options):
        return sh(*self.wrap(*command), **options)

    def run(self, *command, timeout=30, stdin="", env=None):
        """Runs a client to its end; never raises. Output of both streams in one text."""
        full = dict(os.environ, LC_ALL="C", **(env or {}))
        child = subprocess.Popen(self.wrap(*command), text=True, env=full, errors="replace",
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        try:
            output, _ = child.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            output, _ = child.communicate()
            return Outcome(command, -1, output + "\n[no end within the time limit]")
        return Outcome(command, child.returncode, output)

    def start(self, *command, **options):
        """Starts a long-running child in here; the Workshop ends it."""
        return self.shop.start(self.wrap(*command), **options)

    def sysctl(self, **values):
        for key, value in values.items():
            key = key.replace("__", ".")
            self.sh("sysctl", "-qw", f"{key}={value}")

    def get_sysctl(self, key):
        return self.sh("sysctl", "-n", key).strip()

    @contextlib.contextmanager
    def entered(self):
        """Sockets made in the block belong to this namespace, for good."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(self.path, os.O_RDONLY)
        try:
            setns(there)
            try:
                yield self
            finally:
                setns(home)
        finally:
            os.close(there)
            os.close(home)

    def resolv_conf(self, text):
        folder = _NETNS_ETC / self.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "resolv.conf").write_text(text)


class Outcome:
    """What a client command did: `status` and `text`."""

    def __init__(self, command, status, text):
        self.command = [str(c) for c in command]
        self.status = status
        self.text = text

    @property
    def ok(self):
        return self.status == 0

    def line_with(self, *needles):
        """The last line that holds one of the needles, or the last line at all."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        for line in reversed(lines):
            if any(needle.lower() in line.lower() for needle in needles):
                return line
        return lines[-1] if lines else ""

    def __repr__(self):
        return f"$ {' '.join(self.command)}\n[status {self.status}]\n{self.text}"


class Workshop:
    """Owner of namespaces, children and files of one laboratory."""

    _count = itertools.count(1)

    def __init__(self, keep=False):
        self.prefix = f"{'dnk' if keep else 'dn'}-{os.getpid()}-{next(Workshop._count)}"
        self.keep = keep
        self.children = []
        self.namespaces = {}
        self.on_close = []
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.prefix}-"))
        self.folder.chmod(0o755)
        self.closed = False
        atexit.register(self.close)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            previous = signal.getsignal(number)
            signal.signal(number, lambda n, f, p=previous: self._on_signal(n, f, p))

    def _on_signal(self, number, frame, previous):
        self.keep = False
        self.close()
        if callable(previous):
            previous(number, frame)
        raise SystemExit(128 + number)

    def namespace(self, short):
        name = f"{self.prefix}{short}"
        sh("ip", "netns", "add", name)
        made = Namespace(self, name)
        self.namespaces[short] = made
        made.ip("link", "set", "lo", "up")
        return made

    def start(self, command, log=None, env=None, stdin=subprocess.DEVNULL):
        """Starts a child whose output goes to `log` (a file name in the folder)."""
        target = open(self.folder / (log or "children.log"), "ab", buffering=0)
        child = subprocess.Popen([str(c) for c in command], stdin=stdin, stdout=target,
                                 stderr=subprocess.STDOUT, start_new_session=self.keep,
                                 env=dict(os.environ, LC_ALL="C", **(env or {})),
                                 preexec_fn=None if self.keep else die_with_parent)
        target.close()
        self.children.append(child)
        return child

    def stop(self, child, number=signal.SIGTERM, timeout=10):
        """Ends one child of ours; SIGKILL when it does not listen."""
        if child.poll() is None:
            child.send_signal(number)
            try:
                child.wait(timeout)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(timeout)
        if child in self.children:
            self.children.remove(child)
        return child.returncode

    def close(self):
        if self.closed or self.keep:
            return
        self.closed = True
        for action in reversed(self.on_close):
            with contextlib.suppress(Exception):
                action()
        for child in reversed(list(self.children)):
            with contextlib.suppress(Exception):
                self.stop(child, timeout=5)
        remove_namespaces([n.name for n in self.namespaces.values()])
        with contextlib.suppress(OSError):
            _NETNS_ETC.rmdir()  # where it is empty now
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.close)

    def leaks(self):
        """What a closed workshop left behind: a list of texts, empty when all is well."""
        return [*(f"namespace {name}" for name in existing_namespaces() if self._mine(name)),
                *(f"process {child.pid}" for child in self.children if child.poll() is None),
                *(f"file {path}" for path in _NETNS_ETC.glob(f"{self.prefix}[a-z]*")),
                *(f"file {path}" for path in [self.folder] if path.exists())]

    def _mine(self, name):
        return name.startswith(self.prefix) and name[len(self.prefix)].isalpha()


def existing_namespaces():
    folder = Path("/run/netns")
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def remove_namespaces(names):
    """Ends every process inside the named namespaces (they are ours) and removes them."""
    for name in names:
        if name not in existing_namespaces():
            continue
        for number in (signal.SIGTERM, signal.SIGKILL):
            pids = [int(p) for p in sh("ip", "netns", "pids", name, check=False).split()
                    if p.isdigit() and int(p) != os.getpid()]
            if not pids:
                break
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            wait_until(lambda: not sh("ip", "netns", "pids", name, check=False).split(), 2)
        sh("ip", "netns", "del", name, check=False)
        shutil.rmtree(_NETNS_ETC / name, ignore_errors=True)


def sweep(kept=False):
    """Removes laboratories whose maker is gone; those that were kept only if asked. Returns the
    names of their namespaces."""
    stale, makers = [], set()
    for name in existing_namespaces():
        match = NAME.match(name)
        if match and (kept or match[1] == "dn") and not Path(f"/proc/{match[2]}").exists():
            stale.append(name)
            makers.add(f"{match[1]}-{match[2]}")
    remove_namespaces(stale)
    if stale:
        with contextlib.suppress(OSError):
            _NETNS_ETC.rmdir()
    for maker in makers:
        for folder in Path(tempfile.gettempdir()).glob(f"{maker}-*"):
            shutil.rmtree(folder, ignore_errors=True)
    return stale


def wait_until(condition, timeout, step=0.02):
    """Polls until the condition holds; returns its value, false after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(step)
