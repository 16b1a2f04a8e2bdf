"""Turns a page of docs/ into a manual page, so that both say the same.

Reads the Markdown that the pages use: headings, paragraphs, lists, fenced code, tables and inline
marks; writes man(7). A table becomes a tagged list: the first cell is the tag, the last the text,
those between stand in brackets. Leaves out comments, pictures and the targets of links. Covered by
tests/package/test_man_pages.py.
"""
import re


def escape(text):
    """Text for a line of troff: no backslash, dash or leading dot means anything."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    text = text.replace("`", "\\(ga")
    return "\\&" + text if text.startswith((".", "'")) else text


def inline(text):
    """One paragraph with `code`, **bold** and [links](target)."""
    text = re.sub(r"\[configuration\.md\]\([^)]*\)", "discriminat.toml(5)", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text.replace("\\|", "|"))
    parts = re.split(r"(`[^`]*`|\*\*[^*]*\*\*)", text)
    done = "".join(f"\\fB{escape(p.strip('`*')).removeprefix(chr(92) + '&')}\\fR"
                   if p.startswith(("`", "**")) and len(p) > 2 else
                   escape(p).removeprefix("\\&") for p in parts)
    return "\\&" + done if done.startswith((".", "'")) else done


def cells(row):
    return [c.strip() for c in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def table(rows):
    head = cells(rows[0])
    for row in rows[2:]:
        values = cells(row)
        yield ".TP\n" + inline(values[0])
        between = [f"{name}: {value}" for name, value in zip(head[1:-1], values[1:-1]) if value]
        brackets = inline(f"({'; '.join(between)}) ") if between else ""
        yield brackets + (inline(values[-1]) if len(values) > 1 else "") or "\\&"


def blocks(text):
    """(kind, lines) of a page: heading, code, table, item, paragraph."""
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
    lines, at = text.splitlines(), 0
    while at < len(lines):
        line, begin = lines[at], at
        at += 1
        if line.startswith("```"):
            while not lines[at].startswith("```"):
                at += 1
            at += 1
            yield "code", lines[begin + 1:at - 1]
        elif line.startswith("#"):
            yield "heading", [line]
        elif line.startswith("|"):
            while at < len(lines) and lines[at].startswith("|"):
                at += 1
            yield "table", lines[begin:at]
        elif line.strip():
            while at < len(lines) and lines[at].strip() and \
                    not lines[at].startswith(("#", "|", "```", "- ")):
                at += 1
            yield "item" if line.startswith("- ") else "paragraph", lines[begin:at]


def heading(line, sections):
    depth = len(line) - len(line.lstrip("#"))
    title = line.lstrip("# ")
    if sections and depth == 2:
        return f".SH {escape(title.replace('`', '').upper())}"
    return f'.SS "{escape(title.replace("`", ""))}"'


def body(text, sections):
    """All blocks after the title. `sections`: headings of the second level are sections."""
    apart = ""  # a heading needs no space behind it
    for kind, lines in blocks(text):
        if kind == "heading":
            if not lines[0].startswith("# "):
                yield heading(lines[0], sections)
                apart = ""
            continue
        words = " ".join(x.strip() for x in lines)
        if kind == "code":
            yield "\n".join([apart + ".nf", ".RS 4", *(escape(x) for x in lines), ".RE", ".fi"])
        elif kind == "table":
            yield from table(lines)
        elif kind == "item":
            yield ".IP \\(bu 2\n" + inline(words[2:])
        else:
            yield apart + inline(words)
        apart = ".PP\n"


def man_page(markdown, name, section, summary, version, first, sections):
    """`first`: the heading under which the page begins, like DESCRIPTION."""
    return "\n".join([
        f'.TH "{name.upper()}" "{section}" "" "discriminat {version}" "discriminat"',
        ".nh", ".ad l", ".SH NAME", f"{escape(name)} \\- {escape(summary)}", f".SH {first}",
        *body(markdown, sections),
        ".SH SEE ALSO",
        "discriminat(8), discriminat.toml(5), nft(8)",
        ".PP", "The pages named here lie in /usr/share/doc/discriminat/docs.", ""])
