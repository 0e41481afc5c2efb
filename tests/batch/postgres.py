#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The store on a server: a real one, started here, holds what a file of SQLite holds, also after workers were killed."""
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import batchtest
import dumptest

NULL, CELL, ROW = "\x1d", "\x1f", "\x1e"


class Server:
    """A PostgreSQL server of our own in a folder of its own, which nobody else reaches: it listens on a socket there alone."""

    def __init__(self):
        bins = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
        found = bins[-1] if bins else shutil.which("initdb")
        if not found or not shutil.which("psql"):
            print("skip: no PostgreSQL server (Debian: postgresql)")
            sys.exit(dumptest.SKIP)
        self.bin = pathlib.Path(found).parent
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pagefsck-pg."))
        self.owner = {}
        self.user = pwd.getpwuid(os.getuid()).pw_name
        if os.getuid() == 0:  # the server refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self.user = "nobody"

    def __enter__(self):
        self.quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "cwd": "/", **self.owner}
        made = subprocess.run([self.bin / "initdb", "-D", self.folder / "data", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], **self.quiet)
        if made.returncode:
            print(f"skip: initdb: {made.stdout.decode()}")
            shutil.rmtree(self.folder)
            sys.exit(dumptest.SKIP)
        self.start()
        return self

    def start(self):
        self.process = subprocess.Popen([self.bin / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=",
                                         "-c", "fsync=off"], **{**self.quiet, "stdout": subprocess.DEVNULL})
        for _ in range(400):
            if subprocess.run(self.psql("postgres", "SELECT 1"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.02)
        raise TimeoutError("the server does not start")

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        self.process.communicate()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def psql(self, database, sql):
        return ["psql", "-X", "-q", "-A", "-t", "-h", self.folder, "-U", self.user, "-P", f"null={NULL}", "-F", CELL, "-R", ROW,
                "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]

    def url(self, database):
        subprocess.run(self.psql("postgres", f"CREATE DATABASE {database}"), check=True, stdout=subprocess.DEVNULL)
        return f"postgresql:///{database}?host={self.folder}&user={self.user}"


class Store:
    """A database on it, as batchtest.contents() reads it."""

    def __init__(self, server, database):
        self.server, self.database = server, database

    def all(self, sql):
        done = subprocess.run(self.server.psql(self.database, sql), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise ValueError(done.stderr.decode())
        text = done.stdout.decode().removesuffix("\n")
        return [tuple(None if c == NULL else c for c in row.split(CELL)) for row in text.split(ROW)] if text else []

    def columns(self, table):
        return [row[0] for row in self.all("SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
                                           f" AND table_name = '{table}' ORDER BY ordinal_position")]

    def tables(self):
        return [row[0] for row in self.all("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
                                           " AND table_type = 'BASE TABLE' ORDER BY table_name COLLATE \"C\"")]


def check_killed(cases, server, root, whole):
    url = server.url("killed")
    for seconds in 0.15, 0.4:
        scan = batchtest.start("--db", url, "-j", "2", root)
        time.sleep(seconds)
        scan.kill()
        scan.communicate()
    first, second = (batchtest.start("--db", url, "-j", "1", root) for _ in range(2))
    first.communicate()
    second.communicate()
    # a worker that was killed early left no row of its run
    whole, now = ([row for row in rows if not row.startswith("runs ")] for rows in (whole, batchtest.contents(Store(server, "killed"))))
    cases.case("killed twice, then done by two workers at once: the same store", batchtest.differ(whole, now, "killed"))


def check_others(cases, server, root):
    url = server.url("newer")
    batchtest.scan("--db", url, root / "owner")
    store = Store(server, "newer")
    done = batchtest.scan("--db", url, root / "owner")
    cases.case("what is known is not checked again", [] if b"known before  1" in done.stdout else done.stdout.decode())
    store.all("UPDATE pagefsck_meta SET value = '999' WHERE name = 'schema'")
    done = batchtest.scan("--db", url, root / "owner")
    cases.case("a newer schema is refused", [] if done.returncode == 8 and "schema 999" in done.stderr else f"{done.returncode} {done.stderr}")


def start_and_stop(url, *args):
    """A scan at work, stopped until it gets SIGCONT: it does not end before the test has done what it does to it."""
    scan = batchtest.start("--db", url, "-j", "1", *args)
    batchtest.wait_for(scan.pid)
    scan.send_signal(signal.SIGSTOP)
    return scan


def check_lost(cases, server, root, whole):
    """A server that goes away and comes back is waited for; nothing is lost, and nothing is there twice."""
    for name, how in ("ended", None), ("crashed", signal.SIGQUIT):
        url = server.url(name)
        scan = start_and_stop(url, root)
        if how is None:  # as an administrator does, or a server that closes idle connections
            Store(server, "postgres").all(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        else:
            server.stop(how)
            server.start()
        scan.send_signal(signal.SIGCONT)
        _, err = scan.communicate()
        wrong = [batchtest.differ(whole, batchtest.contents(Store(server, name)), name)]
        if scan.returncode != 4 or b"trying again for 300 s" not in err or b"there again after" not in err:
            wrong.append(f"{scan.returncode} {err.decode()}")
        cases.case(f"a connection that is lost: the server {name}", wrong)


def check_gone(cases, server, root, whole):
    """A server that stays away: an error that names it and says what to do, what was done is told, and the next run does the rest."""
    url = server.url("gone")
    for name, options, says in ("for good", ("--store-wait", "0.7"), b"given up after 1 s"), ("until SIGTERM", (), b"given up after"):
        scan = start_and_stop(url, *options, root)
        server.stop(signal.SIGQUIT)
        scan.send_signal(signal.SIGCONT)
        if not options:
            while not os.read(scan.stderr.fileno(), 4096):  # what it waits for
                pass
            scan.terminate()
        out, err = scan.communicate()
        wrong = [f"{word} is not in {err.decode()}" for word in (b"/gone: ", says, b"run the same command again") if word not in err]
        wrong += [f"status {scan.returncode}" if scan.returncode != 8 else "", "" if b"not stored" in out else out.decode()]
        cases.case(f"a server that is gone {name}", wrong)
        server.start()
    batchtest.scan("--db", url, root)
    cases.case("and the same command again", batchtest.differ(whole, batchtest.contents(Store(server, "gone")), "gone"))


def check_document(cases, server):
    text = (dumptest.HERE.parent.parent / "doc/BATCH.md").read_text()
    wrong = []
    for query in re.findall(r"^```sql\n(.*?)^```", text, re.M | re.S):
        try:
            Store(server, "whole").all(query)
        except ValueError as error:
            wrong.append(f"{query}: {error}")
    cases.case("the queries of doc/BATCH.md", wrong)


def main():
    cases = dumptest.Cases()
    dumps = batchtest.unpacked()
    with dumptest.Workplace("postgres") as work, Server() as server:
        root = work / "root"
        batchtest.make_tree(root, dumps)
        url = server.url("whole")
        done = batchtest.scan("--db", url, root)
        if "built without libpq" in done.stderr:
            cases.skip("PostgreSQL", "pagefsck was built without libpq")
            cases.finish()
        cases.case("status", [] if done.returncode == 12 else f"{done.returncode} {done.stderr}")
        batchtest.scan("--db", work / "whole.db", root)
        whole = batchtest.contents(Store(server, "whole"))
        with batchtest.Store(work / "whole.db") as s:
            cases.case("PostgreSQL has what SQLite has", batchtest.differ(s.contents(), whole, "SQLite and PostgreSQL"))
        check_killed(cases, server, root, whole)
        check_others(cases, server, root)
        few = root / "tiny"
        batchtest.scan("--db", work / "few.db", few)
        with batchtest.Store(work / "few.db") as s:
            whole = s.contents()
        check_lost(cases, server, few, whole)
        check_gone(cases, server, few, whole)
        check_document(cases, server)
    cases.finish()


main()
