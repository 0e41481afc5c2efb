#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A scan that is killed again and again, and run again, leaves the same store as one that is not; so do workers that share
the work."""
import os
import random
import signal
import sys
import time

sys.dont_write_bytecode = True
import batchtest
import dumptest


def stored(store):
    """Dumps in the store, which may not be there yet."""
    if not store.exists():
        return 0
    try:
        with batchtest.Store(store) as s:
            return s.all("SELECT count(*) FROM dumps")[0][0]
    except batchtest.sqlite3.OperationalError:
        return 0


def run_and_kill(store, root, dumps, seconds, whom, how):
    """Start a scan, and kill it, or what it started, some time after so many dumps are in the store; whether it was still at work."""
    scan = batchtest.start("--db", store, "-j", "1", root)
    while stored(store) < dumps and scan.poll() is None:
        time.sleep(0.01)
    time.sleep(seconds)
    victims = [scan.pid] if whom == "parent" else batchtest.wait_for(scan.pid)
    for pid in victims:
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            pass
    if whom == "child":
        time.sleep(0.05)
        scan.kill()
    scan.communicate()
    return scan.returncode < 0 or how == signal.SIGTERM


def consistent(store):
    """What a killed scan leaves is a whole store: no dump without its rows."""
    with batchtest.Store(store) as s:
        yield from (f"integrity: {row}" for row in s.all("PRAGMA integrity_check") if row != ("ok",))
        yield from (f"broken reference: {row}" for row in s.all("PRAGMA foreign_key_check"))
        yield from (f"{row}: findings missing" for row in s.all(
            "SELECT path, findings FROM dumps d WHERE findings <> (SELECT count(*) FROM findings f WHERE f.dump = d.id)"))
        yield from (f"{row}: rules missing" for row in s.all(
            "SELECT path FROM dumps d WHERE outcome IN ('clean', 'errors', 'warnings') AND NOT EXISTS (SELECT 1 FROM rules r WHERE r.dump = d.id)"))


def check_killed(cases, work, root, whole):
    rng = random.Random(os.getpid())
    store, wrong, killed = work / "killed.db", [], 0
    kills = (1, "parent", signal.SIGKILL), (3, "child", signal.SIGKILL), (4, "parent", signal.SIGTERM), (5, "parent", signal.SIGKILL)
    for dumps, whom, how in kills:
        seconds = rng.uniform(0, 0.08)
        killed += run_and_kill(store, root, dumps, seconds, whom, how)
        wrong += [f"{whom} after {dumps} dumps, {seconds:.3f} s and {how.name}: {w}" for w in consistent(store)]
    done = batchtest.scan("--db", store, root)
    with batchtest.Store(store) as s:
        wrong.append(batchtest.differ(whole, s.contents(), "killed and resumed"))
        wrong += [f"runs {row}" for row in s.all("SELECT count(*) FROM runs HAVING count(*) <> 1")]
    if done.returncode != 12:
        wrong.append(f"status {done.returncode}: {done.stderr}")
    cases.case("killed at random moments, and resumed: as if nothing had been", wrong)
    cases.case("all of them were at work when they were killed", [] if killed == len(kills) else f"{killed}")


def check_interrupted(cases, work, root):
    """SIGTERM is not the end of the world: children are gone, claims given up, status 8, a word what to do."""
    scan = batchtest.start("--db", work / "term.db", "-j", "1", root)
    children = batchtest.wait_for(scan.pid)
    scan.terminate()
    _, err = scan.communicate()
    with batchtest.Store(work / "term.db") as s:
        claims = s.all("SELECT * FROM claims")
    left = [pid for pid in children if os.path.exists(f"/proc/{pid}")]
    cases.case("ended by SIGTERM", [] if scan.returncode & 8 and b"same command" in err and not claims and not left and children
               else f"{scan.returncode} {err} {claims} {left} {children}")


def check_parent_gone(cases, work, root):
    """Nobody goes on checking for a dead parent."""
    scan = batchtest.start("--db", work / "gone.db", "-j", "1", root)
    children = batchtest.wait_for(scan.pid)
    scan.kill()
    scan.communicate()
    for _ in range(100):
        left = [pid for pid in children if os.path.exists(f"/proc/{pid}") and "Z" not in open(f"/proc/{pid}/stat").read().rsplit(")")[1][:3]]
        if not left:
            break
        time.sleep(0.02)
    cases.case("checks end with the scan that started them", [] if children and not left else f"{children} {left}")


def check_workers(cases, work, root, whole):
    """Two workers at once, one of them killed; and shards."""
    store = work / "two.db"
    first, second = (batchtest.start("--db", store, "-j", "1", root) for _ in range(2))
    batchtest.wait_for(first.pid)
    first.kill()
    first.communicate()
    _, err = second.communicate()
    with batchtest.Store(store) as s:
        wrong = [batchtest.differ(whole, s.contents(), "two workers")]
    if second.returncode != 12:
        wrong.append(f"status {second.returncode} {err}")
    cases.case("of two workers one is killed: the other does all", wrong)
    store, status = work / "shards.db", 0
    workers = [batchtest.start("--db", store, "-j", "1", "--shard", f"{k}/3", "--run", "night", root) for k in (1, 2, 3)]
    for worker in workers:
        worker.communicate()
        status |= worker.returncode
    with batchtest.Store(store) as s:
        rows = [row for row in s.contents() if not row.startswith("runs ")]
        runs = s.all("SELECT name, dumps FROM runs")
    wrong = [batchtest.differ([row for row in whole if not row.startswith("runs ")], rows, "shards")]
    if status != 12 or runs != [("night", 10)]:
        wrong.append(f"status {status}, {runs}")
    cases.case("three shards make one run of all", wrong)


def main():
    cases = dumptest.Cases()
    dumps = batchtest.unpacked()
    with dumptest.Workplace("resume") as work:
        root = work / "root"
        batchtest.make_tree(root, dumps)
        batchtest.scan("--db", work / "whole.db", root)
        with batchtest.Store(work / "whole.db") as s:
            whole = s.contents()
            cases.case("the store has all dumps", [] if s.all("SELECT count(*) FROM dumps") == [(10,)] else "not")
        check_killed(cases, work, root, whole)
        check_interrupted(cases, work, root)
        check_parent_gone(cases, work, root)
        check_workers(cases, work, root, whole)
    cases.finish()


main()
