#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a store knows: when a dump is checked again, other schemas, a full disk, views, the queries of doc/BATCH.md."""
import os
import pathlib
import re
import resource
import shutil
import sys
import time

sys.dont_write_bytecode = True
import batchtest
import dumptest


def reasons(done):
    """Reason of each dump that was checked, by name."""
    return dict(re.findall(r"^pagefsck: \S*/(\S+?): .*\(checked: (.*)\)$", done.stderr, re.M))


def check_again(cases, work, dumps):
    """What makes a dump be checked again, and what does not."""
    tiny = dumps["6.12-tiny"]
    root, store = work / "again", work / "again.db"
    root.mkdir()
    shutil.copy(tiny.path, root / "vmcore")
    debuginfo = work / "vmlinux"
    shutil.copy(tiny.vmlinux, debuginfo)
    args = ["-v", "--db", store, "-d", debuginfo, root]

    def expect(name, wanted, *options):
        got = reasons(batchtest.scan(*options, *args)).get("vmcore")
        cases.case(name, [] if got == wanted else f"{got} instead of {wanted}")

    expect("a new dump is checked", "new")
    expect("a known one is not", None)
    os.utime(root / "vmcore")
    expect("one that was written to is", "it was written to")
    with open(root / "vmcore", "ab") as f:
        f.write(b"\0")
    expect("one with another size is", "its size changed")
    stat = os.stat(root / "vmcore")
    with open(root / "vmcore", "r+b") as f:
        f.seek(-1, os.SEEK_END)
        f.write(b"\1")
    os.utime(root / "vmcore", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    expect("one whose bytes changed and whose time did not", "its header changed")
    shutil.copy2(root / "vmcore", root / "copy")
    os.replace(root / "copy", root / "vmcore")
    expect("another file of the same time", "another file has its name")
    os.utime(debuginfo)
    expect("other debug info", "its debug info changed")
    expect("other rules", "it was checked with other options", "--only", "free-*")
    expect("all rules again", "it was checked with other options")
    expect("--recheck", "--recheck", "--recheck")
    expect("known again, with another number of threads", None, "-j1")
    batchtest.sqlite_run(store, "UPDATE dumps SET version = '0.0.1'")
    expect("another version", "another version of pagefsck checked it")
    with batchtest.Store(store) as s:
        cases.case("one row, whatever happened", [] if s.all("SELECT count(*) FROM dumps") == [(1,)] else "not")
    args[-1:] = ["--timeout", "0.01", root]
    expect("a time limit is none for what is known", None)
    expect("--recheck in too short a time", "--recheck", "--recheck")
    expect("no more time, no new try", None)
    args[-3:] = [root]
    expect("more time", "it may take more time now")


def check_schemas(cases, work, root):
    store = work / "schema.db"
    batchtest.scan("--db", store, root)
    with batchtest.Store(store) as s:
        whole = s.contents()
    batchtest.sqlite_run(store, "DROP VIEW kernel_rules; DROP VIEW not_whole; DROP VIEW new_signatures; DROP VIEW common_signatures;"
                         " DROP VIEW signature_dumps; DROP TABLE claims; UPDATE pagefsck_meta SET value = '1' WHERE name = 'schema'")
    done = batchtest.scan("--db", store, root)
    with batchtest.Store(store) as s:
        now = [row for row in s.contents() if not row.startswith("runs ")]
        views = s.all("SELECT count(*) FROM kernel_rules")
    wrong = [batchtest.differ([row for row in whole if not row.startswith("runs ")], now, "schema 1"), None if views else "no views"]
    cases.case("a store of an older schema is brought up to date", wrong if done.returncode == 0 else f"{done.returncode} {done.stderr}")
    batchtest.sqlite_run(store, "UPDATE pagefsck_meta SET value = '999' WHERE name = 'schema'")
    before = store.read_bytes()
    done = batchtest.scan("--db", store, root)
    cases.case("a newer schema is refused by name, and left alone",
               [] if done.returncode == 8 and "schema 999" in done.stderr and store.read_bytes() == before else f"{done.returncode} {done.stderr}")
    (work / "other.db").write_bytes(b"")
    batchtest.sqlite_run(work / "other.db", "CREATE TABLE bookmarks (x)")
    (work / "text.db").write_text("This is no database at all. " * 100)
    for name, words in ("other.db", "not a store of pagefsck"), ("text.db", "another file"), ("not-there/x.db", "folder must be there"):
        done = batchtest.scan("--db", work / name, root)
        cases.case(f"{name} is refused", [] if done.returncode == 8 and words in done.stderr else f"{done.returncode} {done.stderr}")
    (work / "libpq.so.5").touch()
    done = batchtest.scan("--db", "postgresql://nobody@127.0.0.1/none", root, env={**os.environ, "LD_LIBRARY_PATH": str(work)})
    words = "package libpq5", "built without libpq"
    cases.case("libpq does not load", [] if done.returncode == 8 and any(w in done.stderr for w in words) else f"{done.returncode} {done.stderr}")
    done = batchtest.scan("--db", "postgresql://nobody:secret@127.0.0.1:1/none?connect_timeout=2", root)
    cases.case("a server that is not there: status 8, no password", [] if done.returncode == 8 and "secret" not in done.stderr else done.stderr)


def check_held(cases, work, root, whole):
    """Another program that reads or writes the store is waited for, and not for ever."""
    store = work / "held.db"
    batchtest.scan("--db", store, "--only", "free-*", root)
    for name, sql in ("writes", "BEGIN EXCLUSIVE"), ("reads", "BEGIN; SELECT path FROM dumps, rules"):
        other = batchtest.sqlite3.connect(store, isolation_level=None)
        for statement in sql.split("; "):
            other.execute(statement).fetchone()
        done = batchtest.scan("--db", store, "--store-wait", "0.6", root)
        wrong = [f"{word} is not in {done.stderr}" for word in (f"{store}: another program", "after 1 s", "fuser", "same command again")
                 if word not in done.stderr]
        cases.case(f"another program {name} all the time", wrong + ["" if done.returncode == 8 else f"status {done.returncode}"])
        scan = batchtest.start("--db", store, "-j1", "--recheck", root)
        time.sleep(0.5)
        other.close()
        _, err = scan.communicate()
        with batchtest.Store(store) as s:
            same, now = ([re.sub("reason=.* outcome", "", row) for row in rows if not row.startswith("runs ")] for rows in (whole, s.contents()))
        wrong = [batchtest.differ(same, now, name)]
        cases.case(f"another program {name} for a moment", wrong + ["" if scan.returncode == 0 else f"{scan.returncode} {err}"])


def check_full_disk(cases, work, root, whole):
    """The disk is full, here and there; with room again the store becomes what it should be."""
    store, wrong = work / "full.db", []
    for size in 4096, 40960, 70000:
        done = batchtest.scan("--db", store, "-j1", root, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        if done.returncode != 8 or "make room" not in done.stderr:
            wrong.append(f"{size}: {done.returncode} {done.stderr}")
    batchtest.scan("--db", store, root)
    with batchtest.Store(store) as s:
        wrong.append(batchtest.differ(whole, s.contents(), "after the disk was full"))
    cases.case("a disk that gets full", wrong)
    done = batchtest.scan("--jsonl", "/dev/full", root)
    cases.case("lines of JSON on a full disk", [] if done.returncode == 8 and "/dev/full" in done.stderr else f"{done.returncode} {done.stderr}")


def check_gone(cases, work, dumps):
    """Dumps that are gone leave the store when --prune is given, and never because a disk is not mounted."""
    top, store = work / "top", work / "gone.db"
    names = "root/a/vmcore", "root/b/vmcore", "root/b/c/v\\x0a\nm\xe4core", "root/disk/vmcore", "other/vmcore"
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(dumps["6.12-tiny"].path, top / name)
    root, summary = top / "root", {}

    def stored(*args):
        """What the table says, and which dumps are in the store after that."""
        done = batchtest.scan("--db", store, "--format", "json", "--no-debuginfod", "-d", top, *args)
        summary.clear()
        summary.update(dumptest.parse(done.stdout) or {})
        with batchtest.Store(store) as s:
            paths = [path for path, in s.all("SELECT path FROM dumps ORDER BY path")]
        return tuple(summary.get(k) for k in ("gone", "pruned", "unsure")), len(paths)

    def expect(name, wanted, *args):
        got = stored(*args)
        cases.case(f"prune: {name}", [] if got == wanted else f"{got} instead of {wanted}")

    expect("nothing is gone", ((0, 0, 0), 5), "--prune", root, top / "other")
    shutil.rmtree(root / "b/c")
    (root / "b/vmcore").unlink()
    expect("an empty folder may be a mount point; one that is not there is no sign of one", ((0, 0, 2), 5), "--prune", root)
    (root / "b/other").touch()
    (top / "other/vmcore").unlink()
    expect("nothing is removed without --prune", ((2, 0, 0), 5), root)
    text = batchtest.scan("--db", store, "-d", top, root).stdout.decode()
    cases.case("prune: the table names it", [] if re.search("gone +2: .*--prune", text) else text)
    expect("what is gone, with names of any bytes, and only below the folders given", ((2, 2, 0), 3), "--prune", root)
    expect("a folder without any dump", ((0, 0, 1), 3), "--prune", top / "other")
    (root / "disk").rename(top / "umounted")
    (root / "disk").symlink_to(top / "umounted-too")
    expect("a link to nowhere", ((0, 0, 1), 3), "--prune", root)
    root.rename(top / "away")
    expect("a folder that is not there", ((None, None, None), 3), "--prune", root)
    root.mkdir()
    expect("nothing is mounted", ((0, 0, 2), 3), "--prune", root)
    (root / "lost+found").mkdir()
    expect("nothing is mounted, on a folder that has something", ((0, 0, 2), 3), "--prune", root)


def check_views(cases, work, dumps):
    root, store = work / "views", work / "views.db"
    for name in "one", "two":
        (root / name).mkdir(parents=True)
        shutil.copy(dumps["leaks/6.12-owner"].path, root / name / "vmcore")
        shutil.copy(dumps["leaks/6.12-owner"].vmlinux, root / name / "vmlinux")
        batchtest.scan("--db", store, root)
    shutil.copy(dumps["6.12-tiny"].path, root / "two/tiny")
    with batchtest.Store(store) as s:
        report = dumptest.parse(dumptest.pagefsck("check", "--format", "json", root / "one/vmcore").stdout)
        ids = {f["signature"] for f in report["findings"]}
        common = s.all("SELECT signature, dumps, kernels, findings FROM common_signatures")
        wrong = [] if {row[0] for row in common} == ids and all(row[1:3] == (2, 1) for row in common) else [str(common)]
        if sum(row[3] for row in common) != 2 * report["totals"]["findings"]:
            wrong.append(f"{common}")
        cases.case("the same signature across dumps", wrong)
        rules = dict(s.all("SELECT rule, sum(findings) FROM kernel_rules GROUP BY rule"))
        cases.case("which kernels show which rule", [] if sum(rules.values()) == 2 * report["totals"]["findings"]
                   and set(rules) == {f["rule"] for f in report["findings"]} else str(rules))
        cases.case("nothing is new in the last run", [] if not s.all("SELECT * FROM new_signatures") else "something")
    shutil.copy(dumps["6.12-tiny"].vmlinux, root / "two/vmlinux.tiny")
    dumptest.redump("--elf", dumps["6.12-tiny"].path, root / "two/tiny")
    batchtest.damage_elf(dumps["6.12-tiny"], root / "two/tiny")
    batchtest.scan("--db", store, "-d", dumps["6.12-tiny"].vmlinux, root / "two/tiny")
    with batchtest.Store(store) as s:
        new = {row[0] for row in s.all("SELECT signature FROM new_signatures")}
        want = {row[0] for row in s.all("SELECT DISTINCT signature FROM findings f JOIN dumps d ON d.id = f.dump WHERE path LIKE '%two/tiny'")}
        cases.case("what is new since the last run", [] if new and new == want - ids else f"{new} {want}")
    (root / "two/cut").write_bytes(pathlib.Path(dumps["6.12-tiny"].path).read_bytes()[:6000])
    batchtest.scan("--db", store, root / "two/cut")
    with batchtest.Store(store) as s:
        rows = s.all("SELECT path, outcome FROM not_whole")
        cases.case("dumps with gaps or errors", [] if (str(root / "two/cut"), "failed") in rows else str(rows))
    return store


def check_document(cases, store):
    """The queries of the document work, and give what the document says they do."""
    text = (dumptest.HERE.parent.parent / "doc/BATCH.md").read_text()
    queries = re.findall(r"^```sql\n(.*?)^```", text, re.M | re.S)
    wrong = [] if len(queries) >= 5 else [f"{len(queries)} queries"]
    with batchtest.Store(store) as s:
        for query in queries:
            try:
                s.all(query.rstrip().rstrip(";"))
            except batchtest.sqlite3.Error as error:
                wrong.append(f"{query}: {error}")
        for table in s.tables():
            wrong += [f"{table}.{column} is not in the document" for column in s.columns(table) if f"`{column}`" not in text]
    cases.case("doc/BATCH.md: queries work, columns are all there", wrong)


def main():
    cases = dumptest.Cases()
    dumps = batchtest.unpacked()
    with dumptest.Workplace("store") as work:
        root = work / "root"
        root.mkdir()
        shutil.copy(dumps["6.12-tiny"].path, root / "vmcore")
        shutil.copy(dumps["6.12-tiny"].vmlinux, root / "vmlinux")
        check_again(cases, work, dumps)
        check_schemas(cases, work, root)
        batchtest.scan("--db", work / "whole.db", root)
        with batchtest.Store(work / "whole.db") as s:
            whole = s.contents()
        check_held(cases, work, root, whole)
        check_full_disk(cases, work, root, whole)
        check_gone(cases, work, dumps)
        store = check_views(cases, work, dumps)
        check_document(cases, store)
    cases.finish()


main()
