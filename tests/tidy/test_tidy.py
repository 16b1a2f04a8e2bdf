"""The tree obeys its rules, and the rules see what breaks them: mistakes in a small tree."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import docs  # noqa: E402
import layers  # noqa: E402
import style  # noqa: E402


@pytest.mark.parametrize("checker", [layers, style, docs], ids=["layers", "style", "docs"])
def test_the_tree_is_tidy(checker):
    wrong = checker.problems()
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/README.md").write_text(
        "| folder | what | may include |\n|---|---|---|\n| `base/` | x | nothing else |\n"
        "| `wire/` | x | base |\n| `net/` | x | base |\n"
        "| `query/` | x | base net |\n| `daemon/` | x | all |\n")
    (tmp_path / "CMakeLists.txt").write_text(
        "dn_folder(base)\ndn_folder(wire dn_base)\ndn_folder(net dn_base)\n"
        "dn_folder(daemon dn_wire dn_net spdlog::spdlog)\n")

    def put(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return tmp_path
    return put


@pytest.mark.parametrize("name, line, want", [
    ("src/wire/a.cc", '#include "net/loop.h"', "wire/ may not include net/"),
    ("src/base/a.h", '#include "wire/tls.h"', "base/ may not include wire/"),
    ("src/wire/a.cc", '#include "a.h"', "write the path from src/"),
    ("src/wire/a.cc", "#include <sys/socket.h>", "wire/ is pure"),
    ("src/wire/a.cc", "auto t = std::chrono::steady_clock::now();", "a clock call"),
    ("src/query/a.cc", '#include "net/loop.h"', "of net/ only plain values"),
    ("src/base/a.cc", 'auto p = getenv("PATH");', "the environment"),
    ("src/net/a.cc", "#include <spdlog/spdlog.h>", "needs spdlog::spdlog"),
    ("src/extra/a.cc", "int x;", "no row in the table"),
])
def test_layers_sees(tree, name, line, want):
    root = tree(name, line + "\n")
    assert any(want in problem for problem in layers.problems(root)), layers.problems(root)


@pytest.mark.parametrize("name, line", [
    ("src/daemon/a.cc", '#include "net/loop.h"'),
    ("src/query/a.cc", '#include "net/loop_values.h"'),
    ("src/daemon/a.cc", "#include <spdlog/spdlog.h>"),
    ("src/wire/a_test.cc", "#include <fstream>"),
    ("src/net/a.cc", "#include <sys/socket.h>"),
    ("src/wire/a.cc", "// std::chrono::steady_clock::now() is not for us"),
])
def test_layers_permits(tree, name, line):
    assert layers.problems(tree(name, line + "\n")) == []


def test_layers_sees_a_forbidden_link(tree, tmp_path):
    tree("src/wire/a.cc", "int x;\n")
    tree("CMakeLists.txt", "dn_folder(wire dn_net)\n")
    assert any("links dn_net" in p for p in layers.problems(tmp_path))


ESSAY = "// What it does.\n#pragma once\nnamespace dn::wire {\n"


@pytest.mark.parametrize("name, text, want", [
    ("src/wire/a.cc", "int x;\n", "open with a short essay"),
    ("src/wire/a.h", ESSAY + "std::regex r;\n", "std::regex"),
    ("src/wire/a.h", ESSAY + 'int i = system("ls");\n', "system()"),
    ("src/wire/a.h", ESSAY + "strcpy(a, b);\n", "unbounded C string"),
    ("src/wire/a.h", ESSAY + "co_await wait([x] { return x; });\n", "GCC 12"),
    ("src/wire/a.h", ESSAY + "class FlowManager {};\n", "say nothing"),
    ("src/wire/a.h", ESSAY + "// TODO later\n", "issue number"),
    ("src/wire/a.h", ESSAY + "#define MAX 3\n", "the one macro"),
    ("src/wire/a.h", ESSAY + "x" * 101 + "\n", "101 columns"),
    ("src/wire/a.h", ESSAY + "int x; \n", "blanks at the end"),
    ("src/wire/a.h", ESSAY + "int x;", "no newline"),
    ("src/wire/a.h", "// e\n\nnamespace dn::net {}\n", "belongs to `namespace dn::wire`"),
    ("src/wire/a.h", "// e\nnamespace dn::wire {}\n", "#pragma once"),
    ("src/wire/a.cc", ESSAY + "int x;\n" * 800, "split it"),
    ("src/wire/string_util.cc", "// e\n", "say nothing"),
    ("src/wire/Bad.cc", "// e\n", "snake_case"),
    ("src/wire/a.cc", ESSAY + "void f() {\n" + "  g();\n" * 70 + "}\n", "a function of 72 lines"),
    ("tests/e2e/a.py", "import os\n", "open with a short essay"),
])
def test_style_sees(tree, name, text, want):
    root = tree(name, text)
    assert any(want in problem for problem in style.problems(root)), style.problems(root)


@pytest.mark.parametrize("name, text", [
    ("src/wire/a_test.cc", "// e\n" + "int x;\n" * 1000),
    ("src/wire/a.cc", "// e\n// TODO(#12) later\n"),
    ("src/wire/a.cc", "// e\nvoid f() {\n" + "  g();\n" * 60 + "}\n"),
    ("src/wire/a.cc", '// e\nauto s = "strcpy(a, b)";\n'),
    ("fuzz/corpus/x/a.h", "anything "),
])
def test_style_permits(tree, name, text):
    assert style.problems(tree(name, text)) == []


def test_docs_sees_dead_links_and_long_lines(tree, tmp_path):
    tree("README.md", "[x](docs/none.md)\n[y](#not-here)\n" + "z" * 101 + "\n")
    wrong = "\n".join(docs.problems(tmp_path))
    assert "docs/none.md leads nowhere" in wrong
    assert "no heading #not-here" in wrong
    assert "101 columns" in wrong


def test_docs_permits_good_links(tree, tmp_path):
    tree("docs/a.md", "# One `two`: three\n")
    tree("README.md", "[x](docs/a.md#one-two-three) [y](https://example.com/x)\n")
    assert not [p for p in docs.problems(tmp_path) if p.startswith("README.md:")]


@pytest.mark.parametrize("text, want", [
    ("# Changelog\n\n## 1.0.0 (2026-01-01)\n", "Unreleased"),
    ("## Unreleased\n\n### Improved\n", "none of"),
    ("## Unreleased\n\n### Fixed\n\n### Added\n", "order"),
    ("## Unreleased\n\n- entry\n", "in a section"),
    ("## Unreleased\n\n### Added\n\n- entry\n  and more\n", "one line"),
    ("## Unreleased\n\n## 1.0\n", "1.2.3"),
])
def test_changelog_form_sees(text, want):
    assert any(want in what for _, what in docs.changelog_problems(text))


def test_changelog_form_permits():
    text = ("# Changelog\n\n## Unreleased\n\n### Added\n\n- one\n- two\n\n"
            "## 0.1.0 (2026-11-22)\n\n### Security\n\n- three\n")
    assert list(docs.changelog_problems(text)) == []
