#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The search for holders finds who has the extra references of a healthy dump, and names the place of planted pointers."""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import dumptest

TOOL = os.path.abspath(os.environ.get("HOLDERS", "tests/tools/holders"))
# The guest left pages in pipes, in sockets, registered with io_uring, in an AIO ring, and on per-CPU batches: what contains
# the words that hold them.
KNOWN = {"slab kmalloc-(cg-)?1k": "the array of a pipe", "slab (kmalloc-512|skbuff_small_head)": "the fragments of a socket buffer",
         r"per-CPU memory .*(lru_pvecs|cpu_fbatches)": "a batch of folios"}
# Healthy pages whose references add up: how many of a hundred may have a strong holder all the same.
FALSE_HOLDERS = {"anon": 1, "shmem": 1, "shmem-swapcache": 1, "ksm": 1, "vmemmap": 0, "buddy": 0, "page-table": 8}


class Search:
    """What tests/tools/holders printed."""

    def __init__(self, dump, *args):
        done = subprocess.run([TOOL, dump.path, dump.vmlinux, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=120)
        self.error = done.stderr if done.returncode else ""
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        self.extras = [row[1:] for row in rows if row[0] == "extra"]
        self.words = [row[1:] for row in rows if row[0] == "word"]
        self.kinds = {row[1]: [int(n) for n in row[2:]] for row in rows if row[0] == "kind"}
        self.search = [row[1:] for row in rows if row[0] == "search"]


def what(word):
    """The place in the words of a row, without how the word leads to the page and what it looks like."""
    return re.sub(r", allocated: .*", ", allocated", word[7].rsplit(" (", 1)[0])


def try_extras(cases, dump, found):
    wrong = [found.error] if found.error else []
    real = [e for e in found.extras if int(e[2]) > 0]
    wrong += [f"pfn {e[0]} ({e[1]}) has {e[2]} references too many and no holder" for e in real if e[4] == "0"]
    if len(real) < 40:
        wrong.append(f"only {len(real)} pages with unexplained references")
    cases.case(f"{dump.name}: every unexplained reference has a holder", wrong)
    pages = {e[0] for e in real}
    texts = [what(w) for w in found.words if w[0] in pages and w[3] == "live"]
    cases.case(f"{dump.name}: holders that the guest made are named",
               [f"nothing is in {name}" for pattern, name in KNOWN.items() if not any(re.search(pattern, t) for t in texts)])


def try_kinds(cases, dump, found):
    wrong = []
    for kind, limit in FALSE_HOLDERS.items():
        pages, _, _, strong = found.kinds.get(kind, (0, 0, 0, 0))
        if strong * 100 > pages * limit + 99:
            wrong.append(f"{strong} of {pages} healthy {kind} pages have a strong holder")
    pages, words, _, _ = found.kinds["file"]
    if words < pages:
        wrong.append(f"{pages - words} of {pages} pages of files are not even in their cache")
    cases.case(f"{dump.name}: pages that add up have few false holders", wrong)


def anon_pages(dump):
    lines = dumptest.pagefsck("census", "--pages", "-d", dump.vmlinux, dump.path).stdout.decode().splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    return [row[0] for row in rows if row[1] == "anon" and row[2] == "0" and row[4] == row[5] == "1"]


def try_plants(cases, dump, found, files):
    """Of each sort of place one: a word there is made to lead to a page, by each form in turn."""
    places = {}
    for word in found.words + files.words:
        # a pipe's old buffer is stale as a struct page's address only
        if word[4] == "0" and word[5] == "0" and word[2] != "register" and "let go of" not in word[7]:
            places.setdefault((word[2], word[3]), word)
    victims = anon_pages(dump)
    plants = [(word, victims[-1 - i], "pld"[i % 3]) for i, word in enumerate(places.values())]
    again = Search(dump, 10, "-", *(f"{word[6]}={pfn}:{form}" for word, pfn, form in plants))
    forms = {"p": "struct-page", "l": "list-link", "d": "direct-map"}
    wrong = [again.error] if again.error else []
    for word, pfn, form in plants:
        hits = [w for w in again.words if w[0] == pfn and w[6] == word[6]]
        if len(hits) != 1 or hits[0][1:4] != [forms[form], *word[2:4]] or what(hits[0]) != what(word):
            wrong.append(f"planted in {what(word)} ({word[3]}): {hits}")
    if len(plants) < 8 or ("block-request", "stale") not in places:
        wrong.append(f"only {len(plants)} sorts of places: {sorted(places)}")
    cases.case(f"{dump.name}: {len(plants)} planted words are named", wrong)


def try_chain(cases, dump, found):
    """What holds a page of a pipe leads on to the pipe, and that to a file."""
    pfn = next((w[0] for w in found.words if "pipe_buffer[" in w[7] and w[3] == "live"), None)
    wrong = [] if pfn else ["no page is in a pipe"]
    if pfn:
        done = dumptest.pagefsck("page", "--holders", "--format", "json", "-d", dump.vmlinux, dump.path, pfn)
        holders = dumptest.parse(done.stdout)["pages"][0]["holders"]
        above = [a for h in holders for a in h.get("pointed_to_by", [])]
        files = [f["text"] for a in above for f in a.get("pointed_to_by", []) if "file.private_data" in f["text"]]
        if not any("pipe_inode_info.bufs" in a["text"] for a in above) or not files:
            wrong.append(f"pfn {pfn}: nothing leads to its pipe: {[a['text'] for a in above]}, {files}")
    cases.case(f"{dump.name}: page --holders leads on to files", wrong)


def try_command(cases, dump, found):
    """The program says the same as the library, as text and as JSON, on one thread and on two."""
    extra = next(e for e in found.extras if int(e[4]) > 0)
    args = ("page", "--holders", "-d", dump.vmlinux, dump.path, extra[0])
    report = dumptest.parse(dumptest.pagefsck(*args, "--format", "json").stdout)
    page = report["pages"][0] if report else {}
    wrong = [] if str(len(page.get("holders", []))) == extra[3] else [f"not {extra[3]} holders: {page.get('holders')}"]
    texts = sorted(w[7] for w in found.words if w[0] == extra[0])
    if texts != sorted(h["text"] for h in page.get("holders", [])):
        wrong.append(f"not {texts}")
    if not page.get("search", {}).get("pages"):
        wrong.append("nothing was searched")
    one, two = (dumptest.pagefsck(*args, "-j", n).stdout for n in (1, 2))
    wrong += ["-j1 and -j2 differ"] if one != two else []
    wrong += [f"{len(line)} columns: {line}" for line in one.decode().splitlines() if len(line) > 80]
    wrong += ["no holders in the text"] if b"held by\n" not in one else []
    cases.case(f"{dump.name}: page --holders", wrong)


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack("5.10", "6.1", "6.12", "7.3")
    with dumptest.Workplace("holders"):
        for dump in dumps.values():
            found = Search(dump, 400, "slab")
            try_extras(cases, dump, found)
            try_kinds(cases, dump, found)
            try_plants(cases, dump, found, Search(dump, 400, "file"))
            try_command(cases, dump, found)
            try_chain(cases, dump, found)
    cases.finish()


main()
