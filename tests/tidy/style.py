#!/usr/bin/env python3
"""The house style's limits and names, as far as a program can see them. Each message names the fix.

Limits: 800 lines per file (tests 1200), 100 columns, 70 lines per function; tables are exempt from
the last two. Every source opens with an essay (x.cc may leave that to x.h). Names: snake_case
files, no Manager/Helper/Util, namespaces after folders. Banned: calls and shapes with a better
replacement. Generated files and data are left out. Prints `path:line: problem`; status 1 when
there is one.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "fuzz", "bench", "tests", "scripts", "cmake", ".ci")
LINES_MAX, TEST_LINES_MAX, COLUMNS_MAX, FUNCTION_LINES_MAX = 800, 1200, 100, 70
BANNED = [
    (r"std::w?(?:regex|smatch|cmatch)\b|#\s*include\s*<regex>",
     "std::regex overflows its stack on long input; write a small scanner"),
    (r"(?<![\w.:>])(?:std::|::)?system\s*\(", "system() runs a shell; start the program itself"),
    (r"\bpopen\s*\(", "popen() runs a shell; start the program itself"),
    (r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca)\s*\(",
     "an unbounded C string call; use std::string, std::span or fmt"),
    (r"\b(?:atoi|atol|atof|strtol|strtoul|sscanf)\s*\(", "use std::from_chars: it tells errors"),
    (r"co_await\b[^;]*\(\s*\[", "GCC 12 miscompiles this; name the lambda first"),
    (r"\bTODO\b(?!\(#\d+\))|\bFIXME\b|\bXXX\b", "write TODO(#123) with an issue number, or do it"),
    (r"^(?!.*unique_ptr).*\bnew\s+[A-Z]\w*\s*[({;\[]",
     "no owning raw pointer; use std::make_unique"),
    (r"\bvolatile\b", "volatile does not synchronise; use std::atomic"),
    (r"^#\s*define\s+(?!DN_CHECK\b|_GNU_SOURCE\b)", "DN_CHECK is the one macro; use constexpr"),
]
BANNED_IN_SRC = [(r"\bthrow\s+\w|\bthrow;", "no exception crosses a folder; return a Result")]
BANNED, BANNED_IN_SRC = ([(re.compile(pattern), fix) for pattern, fix in rows]
                         for rows in (BANNED, BANNED_IN_SRC))
BAD_TYPE = re.compile(r"\b(?:class|struct|enum class)\s+\w*(?:Manager|Helper|Util|Utils)\b")
BAD_FUNCTION = re.compile(r"^\s*[\w:<>,&*\s]+\s(?:process|handle)\([^)]*\)\s*(?:const\s*)?[{;]")
STRING = re.compile(r'"(?:\\.|[^"\\])*"')


def sources(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")) if (root / folder).exists() else []:
            if path.is_file() and is_source(path):
                yield path


def is_source(path):
    if "corpus" in path.parts or "__pycache__" in path.parts:
        return False
    if path.suffix in (".h", ".cc", ".py", ".cmake"):
        return True
    return not path.suffix and path.parent.name in ("scripts", ".ci", "bench")


def is_test(path):
    return path.name.endswith(("_test.cc", "_test.py")) or path.name.startswith("test_")


def opens_with_essay(text):
    lines = [x for x in text.splitlines() if not x.startswith("#!")]
    return bool(lines) and lines[0].startswith(("//", '"""', "# ", 'r"""'))


def is_long_text(path, line):
    """A C++ string literal or an address may not be broken; everything else can."""
    return "http" in line or path.suffix == ".cc" and ('"' in line or "clang-format off" in line)


def essay_stands_in_header(path):
    """x.cc and x_test.cc need not repeat what x.h says."""
    if path.suffix != ".cc":
        return path.name == "__init__.py"
    header = path.with_name(path.stem.removesuffix("_test") + ".h")
    return header.exists() and opens_with_essay(header.read_text())


def function_lengths(lines):
    """(line number, length) of the functions that begin in column 0, clang-format's way."""
    start = None
    for number, line in enumerate(lines, 1):
        opens = line.endswith("{") and not line.startswith(("}", "//", "#", " "))
        continues = line.startswith("    ") and line.endswith(") {") or line.endswith("const {")
        if start is None and (opens or continues and number > 1
                              and re.match(r"[A-Za-z_]", lines[number - 2] or " ")):
            head = line if opens else lines[number - 2]
            if "(" in head and " = " not in head.split("(")[0]:
                start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start + 1
            start = None


def cpp_problems(path, lines, root):
    relative = path.relative_to(root)
    banned = BANNED + (BANNED_IN_SRC if relative.parts[0] == "src" else [])
    for number, line in enumerate(lines, 1):
        code = STRING.sub('""', line.split("//")[0] if "TODO" not in line else line)
        for pattern, fix in banned:
            if pattern.search(code):
                yield number, fix
        if BAD_TYPE.search(code):
            yield number, "Manager, Helper and Util say nothing; name the thing"
        if BAD_FUNCTION.search(code):
            yield number, "process() and handle() say nothing; say what happens"
    for start, length in function_lengths(lines):
        if length > FUNCTION_LINES_MAX:
            yield start, f"a function of {length} lines; {FUNCTION_LINES_MAX} at most"
    parts = relative.parts
    if parts[0] == "src" and len(parts) > 2 and path.name != "main.cc":
        want = "namespace dn" if parts[1] == "base" else f"namespace dn::{parts[1]}"
        text = "\n".join(lines)
        if "namespace" in text and want not in text and "namespace dn::testing" not in text:
            yield 1, f"code of src/{parts[1]} belongs to `{want}`"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield 1, "a header needs #pragma once"


def file_problems(path, root):
    text = path.read_text()
    lines = text.splitlines()
    limit = TEST_LINES_MAX if is_test(path) else LINES_MAX
    if len(lines) > limit:
        yield len(lines), f"{len(lines)} lines; {limit} at most: split it"
    if not opens_with_essay(text) and not essay_stands_in_header(path):
        yield 1, "open with a short essay: what it does, what it leaves out"
    if not re.fullmatch(r"[a-z0-9_.-]+|CMakeLists\.txt", path.name):
        yield 1, "file names are snake_case"
    if re.search(r"manager|helper|util", path.name):
        yield 1, "Manager, Helper and Util say nothing; name the thing"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX and not is_long_text(path, line):
            yield number, f"{len(line)} columns; {COLUMNS_MAX} at most"
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
    if text and not text.endswith("\n"):
        yield len(lines), "no newline at the end"
    if path.suffix in (".h", ".cc"):
        yield from cpp_problems(path, lines, root)


def problems(root=ROOT):
    found = []
    for path in sources(root):
        found += [f"{path.relative_to(root)}:{number}: {what}"
                  for number, what in file_problems(path, root)]
    return found


if __name__ == "__main__":
    wrong = problems()
    print("\n".join(wrong))
    sys.exit(bool(wrong))
