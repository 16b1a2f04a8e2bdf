"""The Debian package: what is in it, and what stays after installing, upgrading and removing.

dpkg works on a directory of its own, with the maintainer scripts outside of a chroot; nothing of
this machine is changed, and no service is started.
"""
import gzip
import re
import shutil

import pytest
from packing import ROOT, run

CONFIG = "etc/discriminat/policy.toml"
UNIT = "lib/systemd/system/discriminat.service"
# What `systemd-analyze security` may say at most, in tenths; docs/operations.md states it.
EXPOSURE_MOST = 29


def test_lintian_has_nothing_to_say(built):
    assert "lintian: clean" in built[1]


def test_what_belongs_to_a_gateway_is_in_it(unpacked):
    for name in ("usr/bin/discriminat", UNIT, CONFIG, "usr/lib/sysctl.d/50-discriminat.conf",
                 "usr/lib/modules-load.d/discriminat.conf",
                 "usr/share/doc/discriminat/docs/operations.md"):
        assert (unpacked / name).is_file(), name


def test_the_version_is_one(built):
    cmake = re.search(r"project\(discriminat VERSION (\S+)",
                      (ROOT / "CMakeLists.txt").read_text())[1]
    debian = re.match(r"discriminat \((\S+)-(\d+)\)",
                      (ROOT / "packaging/debian/changelog").read_text())
    assert debian[1] == cmake
    assert run("dpkg-deb", "-f", built[0], "Version")[1].strip() == f"{cmake}-{debian[2]}"


def test_every_command_has_its_place_in_the_manual(unpacked):
    _, text = run(unpacked / "usr/bin/discriminat", "--help")
    commands = re.findall(r"^  ([a-z]+)  ", text.split("Subcommands:")[1], re.MULTILINE)
    page = gzip.open(unpacked / "usr/share/man/man8/discriminat.8.gz", "rt").read()
    assert len(commands) > 5
    headings = re.findall(r'^\.SS "discriminat (\w+)( \w+)?"', page, re.MULTILINE)
    assert list(dict.fromkeys(first for first, _ in headings)) == commands


def test_every_section_of_the_file_has_its_place_in_the_manual(unpacked):
    page = gzip.open(unpacked / "usr/share/man/man5/discriminat.toml.5.gz", "rt").read()
    sections = re.findall(r"^### `(\S+)`", (ROOT / "docs/configuration.md").read_text(),
                          re.MULTILINE)
    assert re.findall(r'^\.SS "(\[\S+)"', page, re.MULTILINE) == sections


def test_the_shipped_policy_is_refused_until_somebody_writes_one(unpacked):
    status, text = run(unpacked / "usr/bin/discriminat", "run", "--config", unpacked / CONFIG)
    assert status == 2, text
    assert "[gateway]" in text


def test_the_example_in_the_shipped_policy_is_sound(unpacked, tmp_path):
    lines = (unpacked / CONFIG).read_text().splitlines()
    policy = tmp_path / "policy.toml"
    policy.write_text("\n".join(x[1:] if re.match(r"#( {2}|\w|\[)", x) else "" for x in lines))
    assert "gid" in policy.read_text()
    status, text = run(unpacked / "usr/bin/discriminat", "check", "--strict", policy)
    assert status == 0, text


def test_the_unit_is_sound(unpacked, tmp_path):
    text = (unpacked / UNIT).read_text()
    unit = tmp_path / "discriminat.service"
    unit.write_text(text.replace("=/usr/bin/discriminat", f"={unpacked}/usr/bin/discriminat"))
    status, said = run("systemd-analyze", "verify", "--man=no", unit)
    assert status == 0 and "discriminat" not in said, said


def test_the_sandbox_of_the_unit_is_as_stated(unpacked):
    status, text = run("systemd-analyze", "security", "--no-pager", "--offline=yes",
                       f"--threshold={EXPOSURE_MOST}", unpacked / UNIT)
    assert status == 0, text
    stated = f"{EXPOSURE_MOST / 10:.1f}"
    assert f"exposure level for discriminat.service: {stated} " in text
    assert stated in (ROOT / "docs/operations.md").read_text()


def test_the_sysctls_leave_forwarding_to_the_program(unpacked):
    text = (unpacked / "usr/lib/sysctl.d/50-discriminat.conf").read_text()
    names = [x.split("=")[0].strip() for x in text.splitlines() if x and not x.startswith("#")]
    assert names and not [x for x in names if "forward" in x]


@pytest.fixture
def machine(tmp_path):
    """A dpkg database of its own; install, remove and purge in it."""
    for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").touch()

    def dpkg(*arguments):
        status, text = run("dpkg", f"--root={tmp_path}", "--force-depends", "--force-confold",
                           "--force-script-chrootless", *arguments)
        assert status == 0, text
        return tmp_path
    return dpkg


def test_an_installation_enables_nothing(machine, built):
    root = machine("-i", built[0])
    assert (root / UNIT).exists()
    assert not (root / "etc/systemd").exists()


def test_an_upgrade_and_a_removal_keep_what_the_operator_wrote(machine, built):
    root = machine("-i", built[0])
    (root / CONFIG).write_text("# mine\n")
    machine("-i", built[0])
    assert (root / CONFIG).read_text() == "# mine\n"
    logs = root / "var/lib/discriminat/flow"
    logs.mkdir(parents=True)
    machine("-r", "discriminat")
    assert not (root / "usr/bin/discriminat").exists()
    assert (root / CONFIG).read_text() == "# mine\n" and logs.exists()


def test_a_purge_leaves_nothing(machine, built):
    root = machine("-i", built[0])
    (root / "var/lib/discriminat/flow").mkdir(parents=True)
    machine("-P", "discriminat")
    shutil.rmtree(root / "var/lib/dpkg")
    shutil.rmtree(root / "var/log", ignore_errors=True)
    assert [p for p in root.rglob("*") if p.is_file()] == []
    assert not (root / "etc/discriminat").exists() and not (root / "var/lib/discriminat").exists()
