# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/kernels/run is made of: choosing a kernel of Debian's archive, judging a dump of it, and the tables."""
import functools
import json
import os
import pathlib
import re
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
DUMPS = HERE.parent / "dumps"
SUITES = ("bullseye", "bullseye-security", "bookworm", "bookworm-security", "bookworm-backports", "trixie", "trixie-security",
          "trixie-backports", "sid", "experimental")
# What compares a dump with what its guest said of itself, and the programs of tests/tools/ that these tests run.
TRUTH = ("truth", "mappings", "slabs", "freelists", "counters", "caches", "cgroups", "swaps", "refs", "owners")
TOOLS = ("slabs", "freelists", "caches", "cgroups", "swaps", "refs", "mappings")


# ---- choosing ----------------------------------------------------------------------------------------------------------


def compare_versions(a, b):
    """Order of package versions, as dpkg has it."""
    def holds(relation):
        return not subprocess.run(["dpkg", "--compare-versions", a, relation, b]).returncode
    return -1 if holds("lt") else 1 if holds("gt") else 0


def images(text):
    """(release, package version) of each kernel of a package list that comes with debug info, oldest first.

    Packages that only depend on the newest kernel of a series have names like a kernel's, but are not of section "debug".
    """
    found, names = [], set()
    for stanza in text.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Section): (.*)$", stanza, re.M))
        name = fields.get("Package", "")
        names.add(name)
        match = re.fullmatch(r"linux-image-(\d.*)-dbg", name)
        if match and fields.get("Section") == "debug":
            found.append((match[1], fields["Version"]))
    found = [k for k in found if {f"linux-image-{k[0]}", f"linux-image-{k[0]}-unsigned"} & names]
    return sorted(found, key=lambda k: functools.cmp_to_key(compare_versions)(k[1]))


def fits(kernel, wanted, flavour):
    """Whether a kernel is that release or package version, or one of that series and flavour."""
    release, version = kernel
    if release == wanted:
        return True
    if not re.fullmatch(rf"\d[^-]*(-\d+)?-{re.escape(flavour)}", release):
        return False
    return not wanted or version == wanted or re.match(rf"{re.escape(wanted)}[.-]", release) is not None


def choose(lists, wanted, flavour):
    """(release, package version, suite) of the newest that fits, of (suite, text of its package list) in turn."""
    found = [(kernel, suite) for suite, text in lists for kernel in images(text) if fits(kernel, wanted, flavour)]
    if not found:
        return None
    (release, version), suite = max(found, key=lambda f: functools.cmp_to_key(compare_versions)(f[0][1]))
    return release, version, suite


# ---- judging -----------------------------------------------------------------------------------------------------------


def program():
    return os.path.abspath(os.environ.get("PAGEFSCK", "pagefsck"))


def check(vmlinux, dump):
    """(report, seconds with the facts read before, exit status, what went wrong)."""
    args = [program(), "check", "--format", "json", "-d", str(vmlinux), str(dump)]
    subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    start = time.monotonic()
    done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return json.loads(done.stdout or "null"), time.monotonic() - start, done.returncode, done.stderr.strip()


def truth(test, folder):
    """Outcome of one test of tests/dumps/ on a dump that is not bundled."""
    done = subprocess.run([str(DUMPS / f"{test}.py")], env={**os.environ, "DUMP_FOLDER": str(folder)},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    counts = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", done.stdout, re.M)
    passed, failed, skipped = map(int, counts.groups()) if counts else (0, 1, 0)
    wrong = re.findall(r"^not ok (.*(?:\n    .*){0,3})", done.stdout, re.M)
    return {"passed": passed, "failed": failed, "skipped": skipped,
            "wrong": wrong if counts else [done.stdout.strip()[-500:] or f"exit status {done.returncode}"]}


def skipped_rules(report):
    """Reason -> rules."""
    reasons = {}
    for rule in report["rules"]:
        if rule["skipped"]:
            reasons.setdefault(rule["skipped"], []).append(rule["id"])
    return reasons


def findings(report):
    """"severity rule" -> how many."""
    counts = {}
    for finding in report["findings"]:
        key = f"{finding['severity']} {finding['rule']}"
        counts[key] = counts.get(key, 0) + 1
    return counts


def judge(folder, tests=TRUTH):
    """Everything that is to be known of one dump: FOLDER has dump.elf or dump.kdump, vmlinux and truth/."""
    folder = pathlib.Path(folder)
    dump = next(path for path in sorted(folder.iterdir()) if path.name in ("dump.elf", "dump.kdump"))
    report, seconds, status, error = check(folder / "vmlinux", dump)
    verdict = {"status": status, "error": error, "seconds": round(seconds, 1)}
    if report:
        verdict |= {"kernel": report["kernel"]["release"], "arch": report["kernel"]["arch"], "models": report["kernel"]["models"],
                    "pages": report["census"]["pages"], "gaps": report["totals"]["gaps"],
                    "run": sum(not rule["skipped"] for rule in report["rules"]), "skipped": skipped_rules(report),
                    "findings": findings(report), "messages": [f["message"] for f in report["findings"][:20]]}
        verdict["truth"] = {test: truth(test, folder) for test in tests}
    return verdict


def healthy(verdict):
    """Whether nothing is wrong with how pagefsck sees this kernel."""
    return verdict["status"] == 0 and not verdict["findings"] and not any(t["failed"] for t in verdict["truth"].values())


# ---- tables ------------------------------------------------------------------------------------------------------------


def truth_words(verdict):
    tests = verdict["truth"].values()
    passed, failed = (sum(t[key] for t in tests) for key in ("passed", "failed"))
    return f"{passed} of {passed + failed}"


def sheet(verdict):
    """The verdict of one kernel, for a terminal."""
    if "run" not in verdict:
        return f"pagefsck gives up, exit status {verdict['status']}: {verdict['error']}\n"
    lines = [f"kernel    {verdict['kernel']} ({verdict['arch']}), {verdict['pages']} pages, {verdict['seconds']} s",
             f"rules     {verdict['run']} run, {sum(map(len, verdict['skipped'].values()))} skipped"]
    lines += [f"  skipped   {len(rules):>3}  {reason}" for reason, rules in sorted(verdict["skipped"].items())]
    lines += [f"findings  {sum(verdict['findings'].values()) or 'none'}"]
    lines += [f"  {nr:>6}  {name}" for name, nr in sorted(verdict["findings"].items())]
    lines += [f"    {message}" for message in verdict["messages"][:5]]
    lines += [f"truth     {truth_words(verdict)} comparisons hold"]
    for test, outcome in verdict["truth"].items():
        lines.append(f"  {test:<10} {outcome['passed']:>3} hold, {outcome['failed']} do not")
        lines += [f"    {wrong}" for wrong in outcome["wrong"][:5]]
    return "\n".join(lines + [f"verdict   {'good' if healthy(verdict) else 'NOT GOOD'}"]) + "\n"


def matrix(results):
    """Lines of the table of doc/KERNELS.md: {name: verdict}."""
    lines = ["| kernel | configuration | rules run | skipped | findings | truth | seconds |", "|---|---|--:|--:|--:|--:|--:|"]
    for name, v in sorted(results.items(), key=lambda item: [int(n) for n in re.findall(r"\d+", item[1]["kernel"])]):
        lines.append(f"| {v['kernel']} | {v['what']} | {v['run']} | {sum(map(len, v['skipped'].values()))} | "
                     f"{sum(v['findings'].values()) or 'none'} | {truth_words(v)} | {v['seconds']} |")
    return lines


def places(names, results):
    """The kernels in as few words as can be."""
    others = sorted(set(results) - set(names))
    if not others:
        return "everywhere"
    return f"all but {', '.join(others)}" if len(others) < len(names) else ", ".join(sorted(names))


def reasons(results):
    """Lines of the second table: why which rules are skipped where."""
    where = {}
    for name, verdict in results.items():
        for reason, rules in verdict["skipped"].items():
            where.setdefault(reason, {}).setdefault(tuple(rules), []).append(name)
    lines = ["| reason | rules | where |", "|---|---|---|"]
    for reason, groups in sorted(where.items()):
        for rules, names in groups.items():
            some = ", ".join(f"`{rule}`" for rule in rules[:3]) + (f" and {len(rules) - 3} more" if len(rules) > 3 else "")
            lines.append(f"| {reason} | {some} | {places(names, results)} |")
    return lines
