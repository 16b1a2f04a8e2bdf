"""Installs what packaging/apt-*.txt and web/package-lock.json ask for and is not there yet, and
says so first.

No service is started by it: while apt runs, a policy file keeps Debian from starting the servers
that the laboratory starts itself. Nothing is upgraded or removed.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_POLICY = Path("/usr/sbin/policy-rc.d")


def wanted(names):
    """The packages of packaging/apt-<name>.txt, without comments."""
    found = []
    for name in names:
        for line in (ROOT / "packaging" / f"apt-{name}.txt").read_text().splitlines():
            package = line.split("#")[0].strip()
            if package and package not in found:
                found.append(package)
    return found


def missing(packages):
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n",
                            *packages], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           text=True, check=False)
    there = {line.split()[0] for line in asked.stdout.splitlines()
             if line.endswith(" installed")}
    return [p for p in packages if p not in there]


def ensure(*names):
    """Installs what the lists name and is missing, and the modules of the console; ends the program
    when that fails."""
    packages = wanted(names)
    if not (shutil.which("node") and shutil.which("npm")):  # any will do, from wherever
        packages += ["nodejs", "npm"]
    ensure_installed(packages)
    ensure_modules()


def ensure_installed(packages):
    """Installs those that are missing; ends the program when that fails."""
    lacking = missing(packages)
    if lacking:
        install(lacking)


def ensure_modules():
    """The modules of web/, as its lock file has them. None of their scripts is run."""
    lock, there = ROOT / "web/package-lock.json", ROOT / "web/node_modules/.package-lock.json"
    if there.exists() and there.stat().st_mtime >= lock.stat().st_mtime:
        return
    print("installing with npm: the modules of web/", flush=True)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                          cwd=ROOT / "web", text=True, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"npm ci failed:\n{done.stdout}")
    there.touch()


def install(lacking):
    """Installs Debian packages; ends the program when that fails."""
    print(f"installing with apt-get: {' '.join(lacking)}", flush=True)
    if os.geteuid() != 0:
        sys.exit("run this as root, or install them first")
    quiet = not _POLICY.exists()
    if quiet:
        _POLICY.write_text("#!/bin/sh\nexit 101\n")
        _POLICY.chmod(0o755)
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    try:
        for command in (["update"], ["install", "-y", "--no-install-recommends", *lacking]):
            done = subprocess.run(["apt-get", "-qq", *command], env=env, text=True, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            if done.returncode != 0:
                sys.exit(f"apt-get {command[0]} failed:\n{done.stdout}")
    finally:
        if quiet:
            _POLICY.unlink()
