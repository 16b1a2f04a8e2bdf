#!/usr/bin/env python3
"""Dependencies point one way: every #include and link list against the table of src/README.md.

Checked: a folder includes only itself and what its row allows; pure folders touch no socket, clock,
thread, file or log; a third-party header is included only where CMakeLists.txt links its library;
the link lists name no folder that the table forbids. Test files obey the same rows, but may read
files and time themselves. Prints `path:line: problem`; status 1 when there is one.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ABORTS = "check.cc"  # DN_CHECK's last words go to the standard error stream
PURE = {"base", "wire", "policy", "records", "review", "engine", "query", "cloud", "metrics"}
IMPURE_HEADERS = re.compile(
    r"^(sys/|netinet/|arpa/|net/|linux/|thread$|mutex$|shared_mutex$|condition_variable$|future$"
    r"|fstream$|iostream$|filesystem$|unistd\.h$|fcntl\.h$|poll\.h$|spdlog/|random$)")
IMPURE_CALLS = [
    (re.compile(r"\b(?:system_clock|steady_clock|high_resolution_clock)::now\b"), "a clock call"),
    (re.compile(r"\bstd::(?:time|clock)\s*\("), "a clock call"),
    (re.compile(r"\b(?:getenv|secure_getenv|setenv)\s*\("), "the environment"),
    (re.compile(r"\b(?:rand|srand|random_device)\b"), "randomness"),
    (re.compile(r"\b(?:std::)?(?:printf|fprintf|puts|cout|cerr)\b"), "output"),
]
# Header prefix -> the link that permits it. Headers that any folder may use are not listed.
THIRD_PARTY = {
    "spdlog/": "spdlog::spdlog", "toml++/": "tomlplusplus::tomlplusplus",
    "boost/json": "Boost::json", "boost/beast": "Boost::headers", "boost/asio": "Boost::headers",
    "ares": "PkgConfig::CARES", "libpsl.h": "PkgConfig::PSL", "idn2.h": "PkgConfig::IDN2",
    "libmnl/": "PkgConfig::MNL", "cap-ng.h": "PkgConfig::CAPNG", "seccomp.h": "PkgConfig::SECCOMP",
    "simdjson.h": "simdjson::simdjson", "re2/": "PkgConfig::RE2", "zstd.h": "PkgConfig::ZSTD",
    "curl/": "PkgConfig::CURL", "openssl/ssl": "OpenSSL::SSL", "openssl/": "OpenSSL::Crypto",
    "fmt/": "fmt::fmt", "CLI/": "CLI11::CLI11", "pugixml.hpp": "pugixml::pugixml",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def read_table(text):
    """folder -> set of folders it may include, from the table of src/README.md."""
    rows = {}
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        match = re.fullmatch(r"`(\w+)/`", cells[0])
        if match and len(cells) == 3:
            rows[match[1]] = cells[2]
    table = {}
    for folder, allowed in rows.items():
        words = set(allowed.split())
        table[folder] = set(rows) if "all" in words else words & set(rows)
        table[folder].add(folder)
    return table


def read_links(text):
    """folder -> names in its dn_folder() call."""
    return {m[1]: set(m[2].split()) for m in re.finditer(r"^dn_folder\((\w+)([^)]*)\)", text, re.M)}


def all_links(folder, links, seen=()):
    """Links are PUBLIC, so those of the folders below count too."""
    found = set(links.get(folder, ()))
    for name in list(found):
        below = name.removeprefix("dn_")
        if below in links and below not in seen:
            found |= all_links(below, links, (*seen, folder))
    return found


def is_test(path):
    return path.name.endswith("_test.cc") or "testing" in path.parts


def file_problems(path, text, folder, table, links):
    allowed = table[folder]
    permitted = all_links(folder, links)
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            header = match[2]
            first = header.split("/")[0]
            if match[1] == '"' and first not in table:
                yield number, f'"{header}": write the path from src/'
            elif match[1] == '"' and first not in allowed:
                yield number, f"{folder}/ may not include {first}/ (table in src/README.md)"
            elif match[1] == '"' and folder in PURE and first not in PURE and not is_test(path) \
                    and not header.endswith("_values.h"):
                yield number, f"{folder}/ is pure: of {first}/ only plain values (x_values.h)"
            if match[1] == "<" and folder in PURE and not is_test(path):
                if IMPURE_HEADERS.match(header):
                    yield number, f"{folder}/ is pure: no <{header}>"
            if match[1] == "<":
                for prefix, link in THIRD_PARTY.items():
                    if header.startswith(prefix) and link not in permitted and not is_test(path):
                        yield number, f"<{header}> needs {link} in dn_folder({folder} …)"
        elif folder in PURE and not is_test(path) and not line.lstrip().startswith("//"):
            for pattern, what in IMPURE_CALLS:
                if pattern.search(line) and not (path.name == ABORTS and what == "output"):
                    yield number, f"{folder}/ is pure: {what} must arrive as an argument"


def problems(root=ROOT):
    table = read_table((root / "src/README.md").read_text())
    links = read_links((root / "CMakeLists.txt").read_text())
    found = []
    for folder in sorted(p.name for p in (root / "src").iterdir() if p.is_dir()):
        if folder not in table:
            found.append(f"src/{folder}: no row in the table of src/README.md")
            continue
        for name in links.get(folder, ()):
            below = name.removeprefix("dn_")
            if name.startswith("dn_") and below in table and below not in table[folder]:
                found.append(f"CMakeLists.txt: dn_folder({folder}) links {name}; the table of "
                             "src/README.md does not allow it")
        for path in sorted((root / "src" / folder).rglob("*")):
            if path.suffix in (".h", ".cc"):
                found += [f"{path.relative_to(root)}:{number}: {what}" for number, what in
                          file_problems(path, path.read_text(), folder, table, links)]
    return found


if __name__ == "__main__":
    wrong = problems()
    print("\n".join(wrong))
    sys.exit(bool(wrong))
