"""Runs a command under Debian's own kernel, in a virtual machine.

  scripts/stock-kernel [--results DIR] [--timeout SECONDS] COMMAND [ARGUMENT…]

  scripts/stock-kernel build/release/gate_test
  scripts/stock-kernel python3 -m pytest -c tests/e2e/pytest.ini tests/e2e/test_tls.py

The kernel of a test machine need not be the kernel of a gateway: some lack nft's `queue` expression
or are years newer. Here the newest kernel of this Debian release is fetched with apt (not
installed) and booted by QEMU, which emulates the processor: slow, but no right of the host is
needed. The machine sees the files of this one as they are, and starts in this tree; what it writes
stays in its memory and is gone with it, except what it writes to $RESULTS (--results). It has no
network. Exit status: the command's; 124 after --timeout; 125 when there was no machine.
"""
import argparse
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import packages  # noqa: E402

ROOT = packages.ROOT
STORE = ROOT / "build/stock-kernel"
META_PACKAGE = "linux-image-amd64"
# What the first process needs to reach the files of the host; the rest is loaded from there.
FIRST_MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay"]
MEMORY_MB = 4096
NO_MACHINE = 125

INIT = """#!/bin/busybox sh
set -e  # its end is a panic, and that ends the machine
b=/bin/busybox
share() { $b mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,$3 "$1" "$2"; }
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
while read -r module; do $b insmod "/modules/$module"; done < /modules/order
share host /host ro,cache=loose
$b mount -t tmpfs memory /memory
$b mkdir /memory/upper /memory/work
$b mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work root /root
$b mkdir -p /root/usr/lib/modules
share modules /root/usr/lib/modules ro,cache=loose
for place in tmp run; do $b mount -t tmpfs "$place" "/root/$place"; done
$b mkdir /root/run/results
share results /root/run/results rw
for place in proc sys dev; do $b mount --move "/$place" "/root/$place"; done
$b mount -t cgroup2 cgroup /root/sys/fs/cgroup
$b mkdir -p /root/dev/net /root/dev/shm /root/dev/pts
$b mknod /root/dev/net/tun c 10 200
$b mount -t tmpfs shm /root/dev/shm
$b mount -t devpts pts /root/dev/pts
$b hostname stock-kernel
$b ifconfig lo up
# The first process itself goes there: the kernel looks for modprobe where its root is.
exec $b chroot /root /bin/sh /run/results/command
"""

COMMAND = """export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 RESULTS=/run/results TERM=dumb
cd {root} && {command}
echo $? > $RESULTS/status
echo o > /proc/sysrq-trigger
read -r nothing  # until then; without its first process a kernel panics
"""


class NoMachine(Exception):
    """The virtual machine could not be made; says why."""


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise NoMachine(f"{shlex.join(map(str, command))}:\n{done.stdout}")
    return done.stdout


def newest_package():
    """The package that META_PACKAGE stands for today, linux-image-<version>."""
    for line in run("apt-cache", "depends", "--important", META_PACKAGE).splitlines():
        if line.strip().startswith("Depends: linux-image-"):
            return line.split()[-1]
    raise NoMachine(f"{META_PACKAGE} depends on no kernel")


def fetch():
    """The unpacked newest kernel; fetched unless it is there already."""
    try:
        return unpack(newest_package())
    except NoMachine:  # what apt knows is nothing yet, or too old
        run("apt-get", "-qq", "update")
        return unpack(newest_package())


def unpack(package):
    there = STORE / package
    if not there.exists():
        print(f"fetching with apt-get: {package}", file=sys.stderr, flush=True)
        shutil.rmtree(STORE, ignore_errors=True)
        STORE.mkdir(parents=True)
        run("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package, cwd=STORE)
        deb = next(STORE.glob("*.deb"))
        run("dpkg-deb", "--extract", deb, STORE / "new")
        deb.unlink()
        run("/sbin/depmod", "--basedir", STORE / "new", version_of(package))
        (STORE / "new").rename(there)
    return there


def version_of(package):
    return package.removeprefix("linux-image-")


def make_first_files(kernel, folder):
    """The archive with the first process (initramfs) in `folder`; its path."""
    root = folder / "first"
    for name in ("bin", "dev", "proc", "sys", "host", "memory", "root", "modules"):
        (root / name).mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), root / "bin/busybox")
    order = []
    for module in FIRST_MODULES:
        for line in run("/sbin/modprobe", "--dirname", kernel, "--set-version",
                        version_of(kernel.name), "--show-depends", module).splitlines():
            path = Path(line.split()[1])  # insmod PATH
            if path.name not in order:
                order.append(path.name)
                shutil.copy(path, root / "modules")
    (root / "modules/order").write_text("".join(f"{name}\n" for name in order))
    (root / "init").write_text(INIT)
    (root / "init").chmod(0o755)
    archive = folder / "first.cpio"
    run("sh", "-c", f"find . | cpio --quiet --create --format newc > {shlex.quote(str(archive))}",
        cwd=root)
    return archive


def share(path, tag, access):
    return ["-virtfs", f"local,path={path},mount_tag={tag},security_model=passthrough,{access}"]


def boot(kernel, archive, results):
    """The command of the virtual machine."""
    return ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
            "-m", str(MEMORY_MB), "-nodefaults", "-no-reboot", "-display", "none",
            "-serial", "stdio",
            "-kernel", kernel / "boot" / f"vmlinuz-{version_of(kernel.name)}", "-initrd", archive,
            "-append", "console=ttyS0 loglevel=1 panic=-1",
            *share("/", "host", "readonly=on,multidevs=remap"),
            *share(kernel / "lib/modules", "modules", "readonly=on"),
            *share(results, "results", "readonly=off")]


def run_under_stock_kernel(command, results, timeout):
    """Runs `command` and passes on what it prints; its exit status, 124 after `timeout` seconds."""
    with tempfile.TemporaryDirectory(prefix="dn-kernel-") as folder:
        folder = Path(folder)
        kernel = fetch()
        archive = make_first_files(kernel, folder)
        (results / "command").write_text(COMMAND.format(
            root=shlex.quote(str(ROOT)), command=shlex.join(command)))
        status = results / "status"
        status.unlink(missing_ok=True)
        try:
            subprocess.run([str(c) for c in boot(kernel, archive, results)], timeout=timeout,
                           check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            print(f"not done after {timeout} s", file=sys.stderr)
            return 124
        if not status.exists():
            raise NoMachine("the virtual machine ended before the command did")
        return int(status.read_text())


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/stock-kernel", formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__.split("\n\n", 2)[0],
        epilog="example:\n  scripts/stock-kernel build/release/gate_test")
    parser.add_argument("--results", metavar="DIR", type=Path, help="what $RESULTS is there")
    parser.add_argument("--timeout", metavar="SECONDS", type=int, default=1800)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if arguments.command[:1] == ["--"]:
        del arguments.command[0]
    if not arguments.command:
        parser.error("which command?")
    if platform.machine() != "x86_64":
        sys.exit("only machines with an x86-64 processor are emulated so far")
    packages.ensure_installed(packages.wanted(["kernel"]))
    # An exit takes the virtual machine along.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="dn-results-") as temporary:
        results = arguments.results or Path(temporary)
        try:
            return run_under_stock_kernel(arguments.command, results.resolve(), arguments.timeout)
        except NoMachine as why:
            print(why, file=sys.stderr)
            return NO_MACHINE


if __name__ == "__main__":
    sys.exit(main())
