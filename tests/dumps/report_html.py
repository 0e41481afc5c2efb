#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTML report: well-formed, self-contained, without script; says what the JSON says; links and map lead somewhere."""
import html.parser
import re
import sys

sys.dont_write_bytecode = True
import dumptest

VOID = {"meta", "link", "br", "hr", "img", "input"}
MAX_SIZE = 2 << 20


class Page(html.parser.HTMLParser):
    """What a browser makes of it, and every error that a browser would pardon."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.ids, self.links, self.text = [], [], [], [], []
        self.tags, self.rects, self.marked = {}, 0, set()
        self.feed(text)
        self.close()
        self.wrong += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag not in VOID:
            self.open.append(tag)
        if len(values) != len(attributes):
            self.wrong.append(f"<{tag}> has an attribute twice")
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        self.wrong += [f"<{tag} {name}>" for name in values if name.startswith("on") or name == "src"]
        if tag == "rect" and "bad" in values["class"].split():
            self.marked.add(self.links[-1])

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else, line {self.getpos()[0]}")

    def handle_data(self, data):
        self.text.append(data)


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def wrong_page(page, text):
    wrong = page.wrong[:3]
    wrong += [f"id {i} twice" for i in set(page.ids) if page.ids.count(i) > 1]
    wrong += [f"link to {link}" for link in page.links if link[0] != "#" or link[1:] not in page.ids]
    wrong += ["a script"] * ("script" in page.tags)
    wrong += ["something from elsewhere"] * bool(re.search(r"https?://|url\(|@import", text))
    wrong += [f"{len(text)} bytes"] * (len(text) > MAX_SIZE)
    return wrong


def try_report(cases, dump, *args):
    """Every finding, gap, skipped rule and kind of the JSON is in the HTML; each page with a finding is marked in the map."""
    _, report = dumptest.check_json(dump, *args)
    done = dumptest.pagefsck("check", "--format", "html", "--max-findings", "0", "--case-id", "<i>&'\"", "-d", dump.vmlinux,
                             *args, dump.path)
    text = done.stdout.decode()
    page = Page(text)
    words = squeezed(" ".join(page.text))
    wrong = wrong_page(page, text)
    wrong += [f"not there: {f['message']}" for f in report["findings"] if squeezed(f["message"]) not in words]
    wrong += [f"not there: {e['text']}" for f in report["findings"] for e in f["evidence"] if squeezed(e["text"]) not in words]
    wrong += [f"not there: rule {r['id']}" for r in report["rules"] if r["id"] not in words]
    wrong += [f"not there: {r['skipped']}" for r in report["rules"] if r["skipped"] and squeezed(r["skipped"]) not in words]
    wrong += ["case id"] * ("<i>&'\"" not in words)
    wrong += ["no map"] * (page.tags.get("svg", 0) < 1 or not 100 < page.tags.get("rect", 0) < 4000)
    pages = sum(1 for f in report["findings"] if "pfn" in f["subject"])
    wrong += [f"{pages} findings about pages, {len(page.marked)} marks"] * (bool(pages) != bool(page.marked))
    cases.case(f"{dump.name}: {len(report['findings'])} findings, {page.tags.get('rect', 0)} cells", wrong)


def main():
    dumps = dumptest.unpack("6.1", "7.3-numa", "leaks/6.12")
    cases = dumptest.Cases()
    with dumptest.Workplace("html"):
        try_report(cases, dumps["6.1"])
        try_report(cases, dumps["7.3-numa"])
        try_report(cases, dumps["leaks/6.12"])
        try_report(cases, dumps["6.1"], "--pfn-range", "0x1000-0x2000")
    cases.finish()


main()
