#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Links of the documents lead somewhere: to a file of the sources, to a heading of it, to a line that it has; doc/README.md
lists every document."""
import functools
import os
import re
import sys

SRC = os.path.abspath(os.environ.get("srcdir", "."))
SKIP = {"build", ".git", "autom4te.cache", "golden"}
LINK = re.compile(r"(?<!!)\[[^][]*\]\(([^()\s]+)\)|!\[[^][]*\]\(([^()\s]+)\)")
OWN = re.compile(r'<a (?:id|name)="([^"]+)"')


def documents():
    for folder, below, names in os.walk(SRC):
        below[:] = [d for d in below if d not in SKIP and not d.startswith("build-") and
                    not os.path.exists(os.path.join(folder, d, "config.status"))]
        yield from (os.path.join(folder, n) for n in sorted(names) if n.endswith(".md"))


def prose(text):
    """Without what stands as it is: blocks of code, code in a line."""
    text = re.sub(r"^(```+|~~~+).*?^\1", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "code", text)


def anchors(text):
    """Names of its headings, as GitHub and GitLab make them, and those it gives itself."""
    seen, found = {}, set(OWN.findall(text))
    for heading in re.findall(r"^#+ +(.*?) *#*$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M):
        heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        nr = seen.get(name, 0)
        seen[name] = nr + 1
        found.add(f"{name}-{nr}" if nr else name)
    return found


@functools.lru_cache(None)
def anchors_of(path):
    with open(path, encoding="utf-8") as file:
        return anchors(file.read())


def anchor_wrong(path, anchor):
    if not path.endswith(".md") or re.fullmatch(r"L\d+(-L\d+)?", anchor):
        line = re.fullmatch(r"L(\d+)(?:-L(\d+))?", anchor)
        with open(path, encoding="utf-8") as file:
            lines = sum(1 for _ in file)
        return not line or not 0 < int(line[1]) <= int(line[2] or line[1]) <= lines
    return anchor not in anchors_of(path)


def wrong(document, link):
    """What is wrong with a link, None: nothing."""
    if re.match(r"[a-z]+:", link):
        return None if link.startswith(("https://", "http://", "mailto:")) else "unknown kind of link"
    path, _, anchor = link.partition("#")
    path = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
    if os.path.relpath(path, SRC).startswith(".."):
        return "leads out of the sources"
    if not os.path.exists(path):
        return "no such file"
    if anchor and (os.path.isdir(path) or anchor_wrong(path, anchor)):
        return "no such heading or line"
    return None


def self_test():
    """What must be noticed is."""
    readme = os.path.join(SRC, "README.md")
    assert wrong(readme, "doc/README.md#documentation") is None and wrong(readme, "#commands") is None
    assert wrong(readme, "COPYING#L1") is None
    for link in ("doc/NONE.md", "doc/README.md#none", "#none", "COPYING#L999999", "COPYING#one", "../x", "gopher://x", "doc#x"):
        assert wrong(readme, link), link
    assert anchors("# A `b` c\n## A b c\n```\n# d\n```\n") == {"a-b-c", "a-b-c-1"}


def main():
    self_test()
    bad, nr = [], 0
    for document in documents():
        with open(document, encoding="utf-8") as file:
            text = prose(file.read())
        for match in LINK.finditer(text):
            nr += 1
            link = match[1] or match[2]
            why = wrong(document, link)
            if why:
                bad.append(f"{os.path.relpath(document, SRC)}: {link}: {why}")
    with open(os.path.join(SRC, "doc", "README.md"), encoding="utf-8") as file:
        index = {os.path.basename(m[1] or m[2]) for m in LINK.finditer(file.read())}
    for name in sorted(os.listdir(os.path.join(SRC, "doc"))):
        if name.endswith((".md", ".json")) and name != "README.md" and name not in index:
            bad.append(f"doc/README.md does not list {name}")
    print("\n".join(bad) or f"{nr} links")
    sys.exit(1 if bad or nr < 100 else 0)


main()
