"""Makes the files of the Debian package that are neither built nor copied.

  package_files.py --version VERSION --output DIRECTORY

Manual pages from docs/, the two changelogs, all compressed the same way each time.
"""
import argparse
import gzip
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import man_page  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def manual_pages(version):
    """(file name, text) of each."""
    yield "discriminat.8", man_page.man_page(
        (ROOT / "docs/cli.md").read_text(), "discriminat", 8,
        "transparent, default-deny egress firewall and NAT gateway", version, "DESCRIPTION",
        sections=False)
    yield "discriminat.toml.5", man_page.man_page(
        (ROOT / "docs/configuration.md").read_text(), "discriminat.toml", 5,
        "configuration file of discriminat, /etc/discriminat/policy.toml", version, "DESCRIPTION",
        sections=True)


def write_compressed(path, text):
    # No name and no time inside: the same text is always the same file.
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--version", required=True)
    arguments.add_argument("--output", required=True, type=Path)
    options = arguments.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for name, text in manual_pages(options.version):
        write_compressed(options.output / f"{name}.gz", text)
    for name, source in (("changelog.gz", "CHANGELOG.md"),
                         ("changelog.Debian.gz", "packaging/debian/changelog")):
        write_compressed(options.output / name, (ROOT / source).read_text())


if __name__ == "__main__":
    main()
