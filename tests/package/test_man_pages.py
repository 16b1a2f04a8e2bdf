"""The manual pages: what is made of Markdown, and that groff reads it without a word."""
import subprocess
import sys

import pytest
from packing import ROOT

sys.path.insert(0, str(ROOT / "scripts/lib"))
import man_page  # noqa: E402
import package_files  # noqa: E402

PAGES = dict(package_files.manual_pages("0.0.0"))


@pytest.mark.parametrize("markdown, want", [
    ("plain -words\n", "plain \\-words"),
    ("wrapped\nlines\n", "wrapped lines"),
    ("`code` and **bold**\n", "\\fBcode\\fR and \\fBbold\\fR"),
    ("see [this](a.md#b)\n", "see this"),
    ("see [configuration.md](configuration.md#api)\n", "see discriminat.toml(5)"),
    (".dot first\n", "\\&.dot first"),
    ("`.dot` in code\n", "\\fB.dot\\fR in code"),
    ("back\\slash\n", "back\\eslash"),
    ("<!-- hidden\nnote -->\nshown\n", "shown"),
    ("# Title\n\ntext\n", "text"),
    ("## A `b`\n\ntext\n", '.SS "A b"\ntext'),
    ("one\n\ntwo\n", "one\n.PP\ntwo"),
    ("- one\n  more\n- two\n", ".IP \\(bu 2\none more\n.IP \\(bu 2\ntwo"),
    ("```\n.x -y\n```\n", ".nf\n.RS 4\n\\&.x \\-y\n.RE\n.fi"),
    ("| a | b |\n|---|---|\n| `k` | v |\n", ".TP\n\\fBk\\fR\nv"),
    ("| a | b | c |\n|---|---|---|\n| k | x \\| y | v |\n", ".TP\nk\n(b: x | y) v"),
    ("| a |\n|---|\n| k |\n", ".TP\nk\n\\&"),
])
def test_markdown_becomes(markdown, want):
    assert "\n".join(man_page.body(markdown, sections=False)) == want


def test_headings_of_the_second_level_are_sections_where_wanted():
    assert list(man_page.body("## Two words\n\n### Three\n", sections=True)) == \
        [".SH TWO WORDS", '.SS "Three"']


@pytest.mark.parametrize("name", PAGES)
def test_groff_reads_it_without_a_warning(name):
    done = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-z"], input=PAGES[name],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert (done.returncode, done.stdout) == (0, "")
