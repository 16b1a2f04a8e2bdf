"""scripts/check: everything that must hold, in the order in which it fails cheapest.

  scripts/check [--quick] [--only STEP[,STEP…]] [--list]

Runs as root on Debian 12 (the end-to-end tests make network namespaces); installs what is missing.
Every step goes on after the failure of another where that makes sense; a step whose ground is
missing counts as failed. What passed says one line, what failed its output. --quick leaves out the
sanitizers and clang. The last line is `N passed, M failed, K skipped`, counted in tests; a check
that is no test program counts as one. The exit status is 0 only without failures.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import packages  # noqa: E402

ROOT = packages.ROOT
JOBS = str(os.cpu_count() or 2)
SHOWN_LINES = 200
CLEAN_UP_SECONDS = 60


class Totals:
    """Counts of the run, and the failures by name."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.names = []
        self.skips = []

    def add(self, passed=0, failed=0, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def line(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


class Check:
    """One run. Every step is a method that returns True when all is well."""

    def __init__(self, scratch):
        self.totals = Totals()
        self.scratch = Path(scratch)
        self.broken = set()

    def run(self, *command, env=None, timeout=3600):
        """(status, output) of a command from the root of the tree. One that takes too long, or runs
        while this program is told to end, is ended."""
        full = dict(os.environ, LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1", **(env or {}))
        with subprocess.Popen([str(c) for c in command], cwd=ROOT, env=full, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace") as child:
            try:
                output, _ = child.communicate(timeout=timeout)
            except BaseException:
                end(child)
                raise
        return child.returncode, output

    def one(self, *command, **options):
        """A command that counts as one test."""
        status, output = self.run(*command, **options)
        self.totals.add(passed=status == 0, failed=status != 0)
        if status != 0:
            show(output)
        return status == 0

    def fails(self, why):
        self.totals.add(failed=1)
        print(f"  {why}")
        return False

    # -- steps -----------------------------------------------------------------------------------

    def step_format(self):
        """clang-format-19 would change nothing"""
        files = [p for folder in ("src", "fuzz", "bench", "tests")
                 for p in sorted((ROOT / folder).rglob("*")) if p.suffix in (".h", ".cc")]
        return self.one("clang-format-19", "--dry-run", "-Werror", *files)

    def step_tidy(self):
        """layers, limits, names, documents"""
        return self.pytest("tests/tidy")

    def step_build(self):
        """release build"""
        return self.build("release")

    def step_web(self):
        """the console: types, unit tests, size of the bundle"""
        return self.one("npm", "--prefix", "web", "run", "check")

    def step_unit(self):
        """unit tests"""
        return self.ctest("release", "--exclude-regex", r"^corpus\.")

    def step_corpus(self):
        """replay of the fuzzers' corpora"""
        return self.ctest("release", "--tests-regex", r"^corpus\.")

    def step_package(self):
        """the Debian package, installed and removed; what else is in packaging/"""
        if "build" in self.broken:
            return self.fails("there is no release build to pack")
        return self.pytest("tests/package")

    def step_asan(self):
        """ASan and UBSan: build, unit tests, corpora"""
        return self.build("asan") and self.ctest("asan")

    def step_tsan(self):
        """TSan: the parts with threads"""
        programs = [f"{folder}_test" for folder in THREADED]
        pattern = "^(" + "|".join(THREADED) + ")\\."
        return self.build("tsan", *programs) and self.ctest("tsan", "--tests-regex", pattern)

    def step_e2e(self):
        """end-to-end tests in network namespaces"""
        if "build" in self.broken:
            return self.fails("there is no release build to test")
        return self.pytest("tests/e2e", "-c", "tests/e2e/pytest.ini")

    def step_kernel(self):
        """packets under Debian's own kernel, in a virtual machine"""
        if "build" in self.broken:
            return self.fails("there is no release build to test")
        tests = " ".join(f"tests/e2e/test_{name}.py" for name in OF_THE_KERNEL)
        script = ("build/release/gate_test --gtest_output=xml:$RESULTS/gate.xml; gate=$?; "
                  f"{PYTEST} --junitxml=$RESULTS/e2e.xml -c tests/e2e/pytest.ini {tests} && "
                  "test $gate = 0 && grep -q /native $RESULTS/gate.xml")
        status, output = self.run("scripts/stock-kernel", "--results", self.scratch,
                                  "sh", "-c", script)
        reports = [self.scratch / name for name in ("gate.xml", "e2e.xml")]
        good = all([self.count(report) for report in reports]) and status == 0
        if not good:
            show(output)
        return good

    def step_clang(self):
        """second compiler: clang-19, and a few clang-tidy checks"""
        return self.build("clang") and self.clang_tidy()

    # -- how -------------------------------------------------------------------------------------

    def build(self, preset, *targets):
        only = ["--target", *targets] if targets else []
        for command in (["cmake", "--preset", preset],
                        ["cmake", "--build", f"build/{preset}", *only, "-j", JOBS, "--", "-k",
                         "0"]):
            status, output = self.run(*command)
            if status != 0:
                wrong = [x for x in output.splitlines() if re.search(r"error|FAILED|warning", x)]
                show("\n".join(wrong[:60]) or output)
                self.totals.add(failed=1)
                return False
        self.totals.add(passed=1)
        return True

    def ctest(self, preset, *options):
        env = {"ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
               "UBSAN_OPTIONS": "print_stacktrace=1"}
        status, output = self.run("ctest", "--test-dir", f"build/{preset}", "-j", JOBS,
                                  "--output-on-failure", "--timeout", "300", *options, env=env)
        match = re.search(r"(\d+) tests? failed out of (\d+)", output)
        if not match or match[2] == "0":
            show(output)
            return self.fails("no test was run")
        failed, total = int(match[1]), int(match[2])
        skipped = re.findall(r"Test +#\d+: (\S+) \.+\*\*\*Skipped", output)
        self.totals.skips += [name for name in skipped if name not in self.totals.skips]
        self.totals.add(total - failed - len(skipped), failed, len(skipped))
        if status != 0:
            show(without_passes(output))
        return status == 0

    def pytest(self, folder, *options):
        report = self.scratch / f"{folder.replace('/', '-')}.xml"
        status, output = self.run(*PYTEST.split(), f"--junitxml={report}", *options, folder)
        good = self.count(report) and status == 0
        if not good:
            show(output)
        return good

    def count(self, report):
        """Adds the tests of a JUnit report; whether there were any and all were good."""
        if not report.exists():
            return self.fails(f"no test was run: there is no {report.name}")
        cases = list(xml.parse(report).getroot().iter("testcase"))
        failed = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
        skipped = [c for c in cases if c not in failed and c.find("skipped") is not None]
        self.totals.add(len(cases) - len(failed) - len(skipped), len(failed), len(skipped))
        self.totals.skips += [f"{c.get('name')}: {c.find('skipped').get('message')}"
                              for c in skipped]
        return bool(cases) and not failed

    def clang_tidy(self):
        if not (ROOT / ".clang-tidy").exists():
            return True
        status, output = self.run("run-clang-tidy-19", "-quiet", "-p", "build/clang", "-j", JOBS,
                                  r"/src/(?!.*/testing/).*(?<!_test)\.cc$")
        self.totals.add(passed=status == 0, failed=status != 0)
        if status != 0:
            show("\n".join(x for x in output.splitlines() if re.search(r"(error|warning):", x)))
        return status == 0


def end(child):
    """Tells a command to end. It may clean up (the laboratory has namespaces), but not forever."""
    child.terminate()
    try:
        child.communicate(timeout=CLEAN_UP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        child.kill()


def without_passes(output):
    return "\n".join(x for x in output.splitlines()
                     if not re.search(r"\.+ +Passed |^ *Start +\d+:", x))


def show(output):
    lines = output.rstrip().splitlines()
    if len(lines) > SHOWN_LINES:
        lines = lines[:20] + [f"… {len(lines) - SHOWN_LINES} lines …"] + lines[20 - SHOWN_LINES:]
    print("\n".join("  " + line for line in lines), flush=True)


STEPS = ["format", "tidy", "web", "build", "unit", "corpus", "package", "asan", "tsan", "e2e",
         "kernel", "clang"]
SLOW = {"asan", "tsan", "clang"}
PYTEST = "/usr/bin/python3 -B -m pytest -q -p no:cacheprovider"
# Those of tests/e2e that depend on what the kernel does, and suffer a slow machine.
OF_THE_KERNEL = ["tls", "ssh", "destinations", "evasion_tcp", "big_hellos", "not_tcp", "rules_gone"]
# TSan does not know the fences of Asio (http).
THREADED = ["certificates", "net", "resolver", "store", "logs", "shipper"]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/check", description="Runs every check.")
    parser.add_argument("--quick", action="store_true", help="no sanitizers, no clang")
    parser.add_argument("--only", metavar="STEP,…", help="these steps alone")
    parser.add_argument("--list", action="store_true", help="say what the steps are")
    return parser.parse_args()


def choose_steps(arguments):
    if arguments.only:
        chosen = arguments.only.split(",")
        unknown = set(chosen) - set(STEPS)
        if unknown:
            sys.exit(f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}")
        return chosen
    return [s for s in STEPS if not (arguments.quick and s in SLOW)]


def main():
    arguments = parse_arguments()
    steps = choose_steps(arguments)
    if arguments.list:
        for name in STEPS:
            print(f"{name:9} {getattr(Check, f'step_{name}').__doc__}")
        return 0
    if "e2e" in steps and os.geteuid() != 0:
        sys.exit("the end-to-end tests need root; run this as root, or name other steps by --only")
    packages.ensure("build", "test", "browser", "lint")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))
    with tempfile.TemporaryDirectory(prefix="dn-check-") as scratch:
        check = Check(scratch)
        for name in steps:
            step = getattr(check, f"step_{name}")
            print(f"== {name}: {step.__doc__}", flush=True)
            start = time.monotonic()
            good = step()
            if not good:
                check.broken.add(name)
            print(f"-- {name} {'good' if good else 'FAILED'}, {time.monotonic() - start:.0f} s",
                  flush=True)
    for skip in check.totals.skips:
        print(f"skipped: {skip}")
    if check.broken:
        print(f"failed: {', '.join(s for s in steps if s in check.broken)}")
    print(check.totals.line())
    return 1 if check.totals.failed or check.broken else 0


if __name__ == "__main__":
    sys.exit(main())
