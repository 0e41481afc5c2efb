#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every bundled dump is healthy: "pagefsck check" must say so, always in the same words.

No finding of severity error, others only as NAME.expect lists them; what was checked and what pages are is in
NAME.json-summary.  The report is the same from any number of threads and with any state of the facts cache.
"""
import collections
import shutil
import sys

sys.dont_write_bytecode = True
import dumptest


def expected_findings(dump):
    """(severity, rule) -> how many; each line also says why a healthy kernel shows that."""
    path = dumptest.HERE / f"{dump.name}.expect"
    expected = collections.Counter()
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.strip() and not line.startswith("#"):
            severity, rule, nr = line.split("#")[0].split()
            expected[severity, rule] = int(nr)
    return expected


def summary(report):
    """What of a report is worth reading when it changes; nothing in it depends on the machine or the path."""
    lines = [f"{name} {report['kernel'][name]}" for name in ("release", "arch", "page_size", "build_id")]
    lines += [f"model {name}: {value}" for name, value in report["kernel"]["models"].items()]
    lines += [f"total {name} {nr}" for name, nr in report["totals"].items()]
    lines += [f"kind {name} {nr}" for name, nr in report["census"]["kinds"].items()]
    lines += [f"zone {z['node']}/{z['zone']} {z['pages']}" for z in report["census"]["zones"]]
    lines += [f"gap {gap}" for gap in report["gaps"]]
    lines += [f"finding {f['severity']} {f['rule']} {f['confidence']}: {f['message']}" for f in report["findings"]]
    for rule in report["rules"]:
        lines.append(f"rule {rule['id']} " + (f"skipped: {rule['skipped']}" if rule["skipped"] else
                                              f"{rule['checked']} checked, {rule['gaps']} gaps"))
    return "\n".join(lines) + "\n"


def try_clean(cases, dump):
    status, report = dumptest.check_json(dump)
    name = f"{dump.name}: check"
    if not report:
        cases.case(name, f"exit status {status}, no report")
        return
    found = collections.Counter((f["severity"], f["rule"]) for f in report["findings"])
    wrong = [] if status == 0 else [f"exit status {status}"]
    wrong += [f"error: {f['rule']} {f['subject']}: {f['message']}" for f in report["findings"] if f["severity"] == "error"]
    wrong += [f"{nr} findings {key}, expected {expected_findings(dump)[key]}" for key, nr in found.items()
              if nr != expected_findings(dump)[key]]
    wrong += [f"no finding {key}" for key in expected_findings(dump) if key not in found]
    wrong += ["gaps in a complete dump"] if report["totals"]["gaps"] else []
    cases.case(name, wrong)
    cases.golden(f"{dump.name}: summary", dumptest.HERE / f"{dump.name}.json-summary", summary(report))


def output(dump, *args):
    done = dumptest.pagefsck(*args, "-d", dump.vmlinux, dump.path)
    return dumptest.untimed(done.stdout) + f"exit status {done.returncode} {done.stderr}".encode()


def try_threads(cases, dump):
    for form in ("text", "json"):
        for command in ("check", "census"):
            one, *more = (output(dump, command, "--format", form, "-j", j) for j in (1, 2, 8))
            cases.case(f"{dump.name}: {command} --format {form} with 1, 2 and 8 threads",
                       f"differs from -j1: {len(one)} and {[len(m) for m in more]} bytes" if set(more) != {one} else "")


def cache_files(folder):
    return sorted(p for p in (folder / "cache").rglob("*") if p.is_file())


# What may happen to a file of the cache: by name.
DAMAGES = {
    "cold": None,
    "empty": lambda data: b"",
    "cut in half": lambda data: data[:len(data) // 2],
    "cut by a line": lambda data: data[:data.rstrip(b"\n").rfind(b"\n") + 1],
    "one digit changed": lambda data: flip_digit(data),
    "zeros": lambda data: bytes(len(data)),
    "random": lambda data: bytes((i * 7919 + i // 251) & 0xff for i in range(len(data))),
    "long line": lambda data: data + b"x" * 1000000,
}


def flip_digit(data):
    """A number in the middle becomes another."""
    at = next(i for i in range(len(data) // 2, len(data)) if data[i:i + 1].isdigit())
    return data[:at] + (b"1" if data[at:at + 1] != b"1" else b"2") + data[at + 1:]


def try_cache(cases, dump, folder):
    fresh = output(dump, "check", "--format", "json")
    files = cache_files(folder)
    cases.case(f"{dump.name}: first run leaves a facts file", "" if files else "no file in the cache")
    cases.case(f"{dump.name}: warm cache", "another report" if output(dump, "check", "--format", "json") != fresh else "")
    for name, damage in DAMAGES.items():
        for path in files:
            if damage:
                path.write_bytes(damage(path.read_bytes()))
            else:
                path.unlink()
        report = output(dump, "check", "--format", "json")
        wrong = [] if report == fresh else ["another report or message"]
        if cache_files(folder) != files:
            wrong.append(f"files in the cache: {cache_files(folder)}")
        cases.case(f"{dump.name}: cache file {name}", wrong)


def try_changed_debuginfo(cases, dump, folder):
    """The cache must not answer for a vmlinux that is another by now: damage to a copy would stay when it is replaced."""
    path = folder / "vmlinux"
    shutil.copyfile(dump.vmlinux, path)
    dumptest.pagefsck("check", "-d", path, dump.path)
    data = path.read_bytes()
    at, size = dumptest.elf_section(data, b".debug_info")
    path.write_bytes(data[:at] + bytes(size) + data[at + size:])
    done = dumptest.pagefsck("check", "-d", path, dump.path)
    cases.case(f"{dump.name}: cache of a vmlinux that was damaged since",
               "" if done.returncode == 8 else f"exit status {done.returncode} with nothing but zeros in .debug_info")


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack()
    with dumptest.Workplace("healthy"):
        for name in filter(cases.wanted, dumps):
            try_clean(cases, dumps[name])
            try_threads(cases, dumps[name])
    for name in filter(cases.wanted, ("5.10", "7.3")):
        with dumptest.Workplace("cache") as folder:
            try_cache(cases, dumps[name], folder)
            try_changed_debuginfo(cases, dumps[name], folder)
    cases.finish()


main()
