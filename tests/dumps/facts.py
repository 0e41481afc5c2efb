#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels that lack one thing: each answer of the debug info made absent in turn, on a healthy dump.

Either the error names what is missing, or the rules that need it are skipped and nothing else changes for the worse: no
error or warning, no crash, no rule that ran on guesses.  A sample in "make check"; "--all" takes every answer (minutes).
"""
import sys

sys.dont_write_bytecode = True
import dumptest

KERNELS = ("5.10", "6.1", "6.12", "7.3")
SAMPLE = 12  # of each kernel; another part of the list in each
# Nothing but the member says how the kernel was configured: a kernel without it does not do what the dump's did.
CONFIGURED = {"member kmem_cache random", "member slab obj_exts_in_object", "enum hugetlb_page_flags HPG_vmemmap_optimized",
              "enum compound_dtor_id HUGETLB_PAGE_DTOR", "member mm_struct numa_next_scan", "member page hpage_pinned_refcount"}


def checksum(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 & (1 << 64) - 1
    return value


def facts_text(lines):
    rest = "\n".join(lines) + "\n"
    return f"pagefsck-facts 1\nchecksum {checksum(rest):016x}\n{rest}"


def question(line):
    """("member", "page lru") of "member page lru offset=8 size=16"; None of what is absent already."""
    words = [word for word in line.split() if "=" not in word and word != "pointer"]
    return None if words[-1] == "absent" else (words[0], " ".join(words[1:]))


# Memory of a process that is being taken apart is found by nothing but this list.
KNOWN = {"symbol pgd_list", "member page pt_mm"}


class Kernel:
    def __init__(self, dump, folder):
        self.dump, self.path = dump, folder / "without.facts"
        status, self.healthy = dumptest.check_json(dump)
        assert status == 0
        cache = next((folder / "cache").rglob("*.facts"))
        self.lines = cache.read_text().splitlines()[2:]
        cache.unlink()
        self.present = [at for at, line in enumerate(self.lines)
                        if at > 1 and question(line) and " ".join(question(line)) not in CONFIGURED]

    def without(self, at):
        """Why the run without the answer of this line is wrong."""
        kind, name = question(self.lines[at])
        lines = list(self.lines)
        lines[at] = f"{kind} {name} absent"
        self.path.write_text(facts_text(lines))
        done = dumptest.pagefsck("check", "--format", "json", "-d", self.path, self.dump.path)
        if done.returncode == 8:
            named = any(word in done.stderr for word in name.split() if word != "-")
            return [] if named and not done.stdout else [f"the error does not name {name}: {done.stderr}"]
        if done.returncode not in (0, 4):
            return [f"exit status {done.returncode}: {done.stderr}"]
        return self.compare(dumptest.parse(done.stdout))

    def compare(self, report):
        wrong = [f"{f['severity']} {f['rule']}: {f['message']}" for f in report["findings"] if f["severity"] != "note"][:3]
        skipped = {rule["id"] for rule in self.healthy["rules"] if rule["skipped"]}
        return wrong + [f"{rule['id']} runs, which the whole kernel does not have" for rule in report["rules"]
                        if rule["id"] in skipped and not rule["skipped"] and rule["checked"]]


def main():
    cases = dumptest.Cases()
    for nr, name in enumerate(filter(cases.wanted, KERNELS)):
        dump = dumptest.unpack(name)[name]
        with dumptest.Workplace("facts") as folder:
            kernel = Kernel(dump, folder)
            step = 1 if "--all" in sys.argv else max(1, len(kernel.present) // SAMPLE)
            for at in kernel.present[nr % step::step]:
                what = " ".join(question(kernel.lines[at]))
                if what not in KNOWN:
                    cases.case(f"{name}: without {what}", kernel.without(at))
    cases.finish()


main()
