"""scripts/demo: the gateway at work between real clients and real servers, scene by scene.

  scripts/demo             builds what is missing, plays all scenes, takes everything away
  scripts/demo --keep      leaves the laboratory up afterwards and says how to play with it
  scripts/demo --down      takes a kept laboratory away

Everything happens in network namespaces of this machine; nothing leaves it. Each scene prints what
was tried, what the client saw and the log line as it was written, and knows what is right: the exit
status is the number of scenes that went wrong (at most 100). Runs as root on Debian 12.
"""
import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import packages  # noqa: E402

sys.path.insert(0, str(packages.ROOT / "tests" / "e2e"))
sys.dont_write_bytecode = True
from kit import gateway as gw, zone as z  # noqa: E402
from kit.lab import Lab  # noqa: E402
from kit.netns import sweep, wait_until  # noqa: E402

BOLD, DIM, RED, GREEN, PLAIN = "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m"


def config():
    """The policy of the play: what its scenes need and nothing more."""
    return gw.Config(
        groups={
            "sg-web": ["discriminat:tls:allowed.test,git.test,old.test",
                       "discriminat:tls:*.wild.test,rotating.test",
                       "discriminat:tls:big.test"],
            "sg-ssh": [("discriminat:ssh:ssh.test", 22)],
            "sg-learning": ["discriminat:see-thru:2999-12-31"],
            "sg-learnt": ["discriminat:see-thru:2022-01-01"],
        },
        clients={z.CLIENTS["c1"]: ["sg-web", "sg-ssh"], z.CLIENTS["c2"]: ["sg-learning"]})


class Stage:
    """Plays scenes and counts those that went wrong."""

    def __init__(self, lab, gateway):
        self.lab = lab
        self.gateway = gateway
        self.number = 0
        self.wrong = []
        self.colour = sys.stdout.isatty()

    def paint(self, colour, text):
        return f"{colour}{text}{PLAIN}" if self.colour else text

    def scene(self, title, play):
        """`play` returns None when all is right, or says what is wrong."""
        self.number += 1
        print("\n" + self.paint(BOLD, f"{self.number}. {title}"), flush=True)
        self.gateway.flow.skip()
        try:
            problem = play()
        except Exception as error:  # a scene may not end the play
            problem = f"{type(error).__name__}: {error}"
        if problem:
            self.wrong.append(title)
            print(self.paint(RED, f"   WRONG: {problem}"), flush=True)
        else:
            print(self.paint(GREEN, "   as it should be"), flush=True)

    def tried(self, outcome, *needles):
        """Prints the command and the essential line of what the client saw."""
        words = [w for w in outcome.command]
        line = outcome.line_with(*needles) if needles else outcome.line_with("")
        print(f"   $ {shorten(words)}")
        print(f"   client: {line or '(nothing)'}")

    def logged(self, **want):
        """Prints the log line with these values; None when there is none."""
        line = self.gateway.flow.wait(5, **want)
        print("   log:    " + (self.paint(DIM, line["_line"]) if line else f"no line with {want}"))
        return line

    def expect(self, seen, needle, /, **want):
        """The common scene: the client's text holds `needle`, the log has the line."""
        self.tried(seen, needle)
        line = self.logged(**want)
        if needle.lower() not in seen.text.lower():
            return f"the client did not see “{needle}”"
        return None if line else "the log line is missing"


def shorten(words):
    """The command without the laboratory's own housekeeping options."""
    text, skip = [], 0
    for word in words:
        if skip:
            skip -= 1
        elif word in ("--cacert", "--x509cafile", "--max-time", "-CAfile", "-F", "-i", "-o", "-T",
                      "-t"):
            skip = 1
        elif word.startswith("--ca-certificate") or word in ("-sS", "-nv", "-O"):
            pass
        else:
            text.append(word)
    return " ".join(text)


def play_names(stage, lab):
    stage.scene("An allowed name", lambda: stage.expect(
        lab.curl("https://allowed.test/"), "this is allowed.test", outcome="allowed",
        dhost="allowed.test", reason="policy:sg-web: allowed.test"))
    stage.scene("A name that no rule lists", lambda: stage.expect(
        lab.curl("https://unlisted.test/"), "access denied", outcome="disallowed",
        dhost="unlisted.test", reason="not-allowlisted"))
    stage.scene("An allowed name at a wrong address", lambda: stage.expect(
        lab.curl("https://allowed.test/", "--resolve", f"allowed.test:443:{z.ELSEWHERE}"),
        "access denied", outcome="disallowed", dst=z.ELSEWHERE, reason="dns-mismatch"))
    stage.scene("No server name in the hello", lambda: stage.expect(
        lab.openssl("198.51.100.10:443", "-noservername"), "access denied",
        outcome="disallowed", reason="tls-no-sni"))
    stage.scene("A wildcard covers one label", lambda: stage.expect(
        lab.curl("https://a.wild.test/"), "this is a.wild.test", outcome="allowed",
        reason="policy:sg-web: *.wild.test"))
    stage.scene("… and not two", lambda: stage.expect(
        lab.curl("https://a.b.wild.test/"), "access denied", outcome="disallowed",
        dhost="a.b.wild.test", reason="not-allowlisted"))
    stage.scene("A name with rotating addresses, TTL 1", lambda: rotating(stage, lab))
    stage.scene("A server that selects TLS 1.1", lambda: old_server(stage, lab))


def rotating(stage, lab):
    outcomes = [lab.curl("https://rotating.test/") for _ in range(8)]
    stage.tried(outcomes[-1], "this is")
    addresses = {o.text.split()[-1] for o in outcomes if o.ok}
    print(f"   8 connections, {sum(o.ok for o in outcomes)} succeeded, over "
          f"{len(addresses)} addresses")
    line = stage.logged(dhost="rotating.test", cat="client", outcome="allowed")
    return None if all(o.ok for o in outcomes) and line else "a connection was refused"


def old_server(stage, lab):
    outcome = lab.curl("https://old.test/", "--tlsv1.0", "--ciphers", "DEFAULT@SECLEVEL=0")
    stage.tried(outcome, "curl:")
    line = stage.logged(cat="server", outcome="disallowed", reason="tls-version-server-too-old")
    return None if line and not outcome.ok else "an old server was reached"


def play_clients(stage, lab):
    stage.scene("wget", lambda: stage.expect(
        lab.wget("https://allowed.test/"), "this is allowed.test", outcome="allowed",
        dhost="allowed.test", cat="server"))
    stage.scene("gnutls-cli, refused", lambda: stage.expect(
        lab.gnutls("unlisted.test"), "Access was denied", outcome="disallowed",
        dhost="unlisted.test"))
    stage.scene("git over https", lambda: stage.expect(
        lab.git("https://git.test/repo.git"), "refs/heads/main", outcome="allowed",
        dhost="git.test"))
    stage.scene("ssh, allowed", lambda: stage.expect(
        lab.ssh("ssh.test"), "reached by ssh", outcome="allowed", proto="ssh", dhost="ssh.test"))
    stage.scene("ssh to a host that no rule lists", lambda: stage.expect(
        lab.ssh("ssh-refused.test"), "reset", outcome="disallowed", proto="ssh"))
    stage.scene("git over ssh", lambda: stage.expect(
        lab.git(f"ssh://root@ssh.test{lab.repository}"), "refs/heads/main", outcome="allowed",
        proto="ssh"))
    stage.scene("Plaintext HTTP", lambda: stage.expect(
        lab.curl("http://plain.test/page"), "http-not-allowed", outcome="disallowed",
        proto="http", http_path="/page"))
    stage.scene("A client that nobody knows", lambda: stage.expect(
        lab.curl("https://allowed.test/", client="stranger"), "curl:", outcome="disallowed",
        src="10.0.1.99", reason="client-unknown"))


def play_see_thru(stage, lab):
    stage.scene("see-thru: the second client learns", lambda: stage.expect(
        lab.curl("https://unlisted.test/", client="c2"), "this is unlisted.test",
        outcome="allowed", see_thru_exerted=True, see_thru_gid="sg-learning"))
    stage.scene("see-thru, its date past", lambda: expired(stage, lab))


def expired(stage, lab):
    stage.gateway.config.clients[z.CLIENTS["c2"]] = ["sg-learnt"]
    stage.gateway.apply(cat="client", gid="sg-learnt", outcome="accepted")
    return stage.expect(lab.curl("https://unlisted.test/", client="c2"), "access denied",
                        outcome="disallowed", see_thru_exerted=False, see_thru_gid="sg-learnt",
                        see_thru_days_remaining=0)


class Download:
    """A slow download in the background."""

    def __init__(self, lab):
        self.path = lab.folder / f"big-{time.monotonic_ns()}.bin"
        self.child = lab.c1.start("curl", "-sS", "--max-time", "90", "--cacert",
                                  lab.certificates.ca, "-o", self.path, "https://big.test/big.bin",
                                  log="download.log")
        self.lab = lab
        self.grows(100_000)

    @property
    def size(self):
        return self.path.stat().st_size if self.path.exists() else 0

    def grows(self, by, timeout=15):
        goal = min(self.size + by, z.BIG_BYTES)
        return bool(wait_until(lambda: self.size >= goal, timeout))

    def say(self, when):
        print(f"   client: {self.size} of {z.BIG_BYTES} bytes {when}")


def play_logs(stage, lab):
    """Questions to the log, with the program and with the cloud's own command line."""
    time.sleep(1.1)  # a line is on disk within a second
    stage.scene("The log answers: what was refused", lambda: ask(
        stage, lab, ["logs", "flow", "--filter", '{ $.outcome = "disallowed" }'], "unlisted.test"))
    stage.scene("… an Insights query", lambda: ask(
        stage, lab, ["query", "stats count() as n by proto, outcome | sort n desc"], "tls"))
    stage.scene("… an allowlist from what see-thru let through", lambda: ask(
        stage, lab, ["allowlist", "--gid", "sg-learning"], "discriminat:tls:unlisted.test"))
    stage.scene("… and what the stricter policy would have refused", lambda: ask(
        stage, lab, ["replay", "--policy", stage.gateway.path], "unlisted.test", status=1))
    stage.scene("The recipe for CloudWatch Logs, on the gateway's own endpoint",
                lambda: recipe(stage, lab))
    stage.scene("The console's answer to “why”: the annotation that would allow it",
                lambda: console(stage, lab))


def ask(stage, lab, words, needle, status=0):
    outcome = lab.gw.run(gw.binary(), *words, "--store", stage.gateway.state_dir)
    print(f"   $ discriminat {' '.join(map(quoted, words))}")
    print_some(outcome.text)
    if outcome.status != status:
        return f"it ended with status {outcome.status}"
    return None if needle in outcome.text else f"the answer lacks {needle}"


def recipe(stage, lab):
    script = ("aws logs filter-log-events --endpoint-url http://127.0.0.1:1043 --output json "
              "--log-group-name DiscrimiNAT --log-stream-names flow --filter-pattern "
              "'{$.dhost != \"\" && $.see_thru_gid = sg-learning && $.see_thru_exerted is true}' "
              "| jq --raw-output '[.events[].message | fromjson | .dhost] | unique | @csv'")
    print(f"   $ {script}")
    outcome = lab.gw.run("bash", "-c", script, env={
        "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1"})
    print_some(outcome.text)
    return None if '"unlisted.test"' in outcome.text else "the recipe found nothing"


def console(stage, lab):
    script = ("curl -sS http://127.0.0.1:1043/api/explain -H 'Content-Type: application/json' "
              "-d '{\"src\": \"10.0.1.10\", \"to\": \"unlisted.test\"}' | "
              "jq '{reason, annotation}'")
    print(f"   $ {script}")
    outcome = lab.gw.run("bash", "-c", script)
    print_some(outcome.text)
    page = lab.gw.run("curl", "-sS", "http://127.0.0.1:1043/")
    if "<!doctype html>" not in page.text:
        return "there are no pages"
    return None if '"discriminat:tls:unlisted.test"' in outcome.text else "no annotation"


def quoted(word):
    text = str(word)
    return f"'{text}'" if " " in text else text


def print_some(text, most=12):
    lines = text.rstrip().splitlines()
    for line in lines[:most]:
        print("   " + line)
    if len(lines) > most:
        print(f"   … {len(lines) - most} more lines")


def play_lifetimes(stage, lab):
    stage.scene("A rule removed under a live connection", lambda: removed_rule(stage, lab))
    stage.scene("The daemon killed under a live download, and restarted",
                lambda: killed_daemon(stage, lab))


def removed_rule(stage, lab):
    download = Download(lab)
    print("   $ curl -o big.bin https://big.test/big.bin")
    download.say("when the rule is removed")
    rules = stage.gateway.config.groups["sg-web"]
    rules.remove("discriminat:tls:big.test")
    line = stage.gateway.apply(addr="big.test", outcome="removed")
    print("   config: " + stage.paint(DIM, line["_line"]))
    begun = time.monotonic()
    ended = wait_until(lambda: download.child.poll() is not None, 15)
    print(f"   client: ended with status {download.child.poll()} after "
          f"{time.monotonic() - begun:.1f} s, {download.size} of {z.BIG_BYTES} bytes")
    stage.logged(dhost="big.test", cat="client")
    rules.append("discriminat:tls:big.test")
    stage.gateway.apply(addr="big.test", outcome="accepted")
    lab.shop.stop(download.child)
    return None if ended and download.size < z.BIG_BYTES else "the connection lived on"


def killed_daemon(stage, lab):
    download = Download(lab)
    print("   $ curl -o big.bin https://big.test/big.bin &")
    print(f"   $ kill -9 {stage.gateway.child.pid}")
    stage.gateway.kill()
    download.say("when the daemon was killed")
    goes_on = download.grows(z.BIG_RATE)
    download.say("one second's worth later: the kernel carries it")
    refused = lab.curl("https://allowed.test/", limit=2)
    stage.tried(refused, "curl:")
    stage.gateway.start()
    print("   $ discriminat run --config discriminat.toml")
    again = lab.curl("https://allowed.test/")
    stage.tried(again, "this is")
    line = stage.logged(dhost="allowed.test", cat="client", outcome="allowed")
    still = download.grows(z.BIG_RATE // 2)
    lab.shop.stop(download.child)
    if not goes_on or not still:
        return "the download stopped"
    if refused.ok:
        return "a new connection passed without the daemon"
    return None if again.ok and line else "the restarted daemon did not take over"


def build():
    if gw.binary().exists() and "DN_BINARY" in os.environ:
        return
    print("building (release)…", flush=True)
    begun = time.monotonic()
    commands = (["cmake", "--preset", "release"],
                ["cmake", "--build", "build/release", "--target", "discriminat"])
    for command in commands:
        done = subprocess.run(command, cwd=packages.ROOT, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-6000:]}")
    print(f"built in {time.monotonic() - begun:.0f} s", flush=True)


def say_how_to_play(lab, gateway):
    print(f"""
The laboratory stays up. To play with it:
  curl:       ip netns exec {lab.c1.name} curl --cacert {lab.certificates.ca} https://allowed.test/
  policy:     edit {gateway.path}; it is read again at once
  flow log:   tail -f {gateway.state_dir}/flow/*.jsonl
  config log: tail -f {gateway.state_dir}/config/*.jsonl
  questions:  discriminat logs|query|allowlist … --store {gateway.state_dir}
  endpoint:   ip netns exec {lab.gw.name} aws --endpoint-url http://127.0.0.1:1043 logs …
  console:    ip netns exec {lab.gw.name} chromium --no-sandbox http://127.0.0.1:1043/
  second client, stranger: {lab.c2.name}, {lab.stranger.name}
  names:      {lab.dns.zone_path}
To take it away: scripts/demo --down""")


def play(lab, gateway):
    stage = Stage(lab, gateway)
    play_names(stage, lab)
    play_clients(stage, lab)
    play_see_thru(stage, lab)
    play_logs(stage, lab)
    play_lifetimes(stage, lab)
    print(f"\n{stage.number} scenes, {len(stage.wrong)} went wrong"
          + "".join(f"\n  {title}" for title in stage.wrong))
    return min(len(stage.wrong), 100)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__.split("\n")[0])
    parser.add_argument("--keep", action="store_true", help="leave the laboratory up afterwards")
    parser.add_argument("--down", action="store_true", help="take a kept laboratory away")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if os.geteuid() != 0:
        sys.exit("the demo makes network namespaces: run it as root")
    if arguments.down:
        names = sweep(kept=True)
        print(f"removed: {', '.join(names)}" if names else "there was nothing to take away")
        return 0
    packages.ensure("build", "test")
    build()
    begun = time.monotonic()
    with Lab(keep=arguments.keep) as lab:
        gateway = lab.gateway(config())
        print(f"laboratory and gateway are up after {time.monotonic() - begun:.1f} s")
        wrong = play(lab, gateway)
        print(f"played in {time.monotonic() - begun:.0f} s")
        if arguments.keep:
            say_how_to_play(lab, gateway)
    if not arguments.keep and lab.leaks():
        print(f"left behind: {lab.leaks()}")
        return 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
