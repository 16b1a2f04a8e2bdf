#!/usr/bin/env python3
"""The documents: links lead somewhere, lines are wrapped, the changelog has its form.

Checked in README.md, the other root pages and docs/: relative links and their #anchors; 100 columns
outside tables, code and links; the pages that the house style asks for. CHANGELOG.md: Unreleased on
top, known section names, one line per entry. Pages generated from tables are another test's task.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLUMNS_MAX = 100
SECTIONS = ["Behaviour changes", "Security", "Added", "Fixed"]
REQUIRED = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md"]
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")


def pages(root):
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md"), root / "src/README.md",
                   *(root / "tests").rglob("*.md")])


def prose(text):
    """(number, line) outside fenced code."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchor_of(title):
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", title).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(text):
    return {anchor_of(m[1]) for _, line in prose(text) if (m := re.match(r"#+\s+(.*)", line))}


def page_problems(path, root):
    for number, line in prose(path.read_text()):
        if len(line) > COLUMNS_MAX and not line.lstrip().startswith("|") and "](" not in line \
                and "http" not in line:
            yield number, f"{len(line)} columns; wrap at {COLUMNS_MAX}"
        for target in LINK.findall(line):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = (path.parent / name).resolve() if name else path
            if not file.exists():
                yield number, f"the link {target} leads nowhere"
            elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
                yield number, f"{name or path.name} has no heading #{anchor}"


def changelog_problems(text):
    """What a stranger may expect: releases, newest first, in known sections, a line per entry."""
    releases = [(n, line) for n, line in prose(text) if line.startswith("## ")]
    if not releases or releases[0][1].strip() != "## Unreleased":
        yield 1, "the first release heading must be `## Unreleased`"
    last = -1
    for number, line in prose(text):
        if line.startswith("## "):
            last = -1
            if not re.fullmatch(r"## (Unreleased|\d+\.\d+\.\d+ \(\d{4}-\d{2}-\d{2}\))",
                                line.strip()):
                yield number, "write `## 1.2.3 (2026-12-24)`"
        elif line.startswith("### "):
            name = line[4:].strip()
            if name not in SECTIONS:
                yield number, f"`{name}` is none of {', '.join(SECTIONS)}"
            elif SECTIONS.index(name) <= last:
                yield number, f"sections stand in the order {', '.join(SECTIONS)}"
            else:
                last = SECTIONS.index(name)
        elif line.startswith("- ") and last < 0:
            yield number, "an entry must stand in a section"
        elif line.startswith("  ") and line.strip():
            yield number, "one line per entry"


def problems(root=ROOT):
    found = [f"{name}: is missing" for name in REQUIRED if not (root / name).exists()]
    for path in pages(root):
        if path.exists():
            found += [f"{path.relative_to(root)}:{n}: {what}" for n, what in
                      page_problems(path, root)]
    changelog = root / "CHANGELOG.md"
    if changelog.exists():
        found += [f"CHANGELOG.md:{n}: {what}" for n, what in
                  changelog_problems(changelog.read_text())]
    return found


if __name__ == "__main__":
    wrong = problems()
    print("\n".join(wrong))
    sys.exit(bool(wrong))
