#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""contrib/slurm on a cluster of one machine: munged, slurmctld and slurmd of our own; one task is killed, and its part is done by the next array.

Needs root and Debian's slurmctld, slurmd, slurm-client and munge; skipped where they are not.
"""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import batchtest
import dumptest

SCRIPT = dumptest.HERE.parent.parent / "contrib/slurm/pagefsck-scan.sbatch"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "squeue", "sinfo")
CONF = """ClusterName=test
SlurmctldHost={host}
SlurmctldPort={ctld}
SlurmdPort={slurmd}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
SlurmdTimeout=60
MinJobAge=300
NodeName={host} CPUs=4 RealMemory=2000 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=10:00 State=UP
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Cluster:
    """One machine that is all of a cluster."""

    def __init__(self):
        missing = [p for p in PROGRAMS if not shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
        if missing or os.getuid():
            print(f"skip: {'not here: ' + ', '.join(missing) if missing else 'not root'}")
            sys.exit(dumptest.SKIP)
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pagefsck-slurm."))
        self.processes = []

    def start(self, *args):
        log = open(self.folder / f"{args[0]}.out", "wb")
        self.processes.append(subprocess.Popen([str(a) for a in args], stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def __enter__(self):
        for name in "state", "spool":
            (self.folder / name).mkdir()
        os.chmod(self.folder, 0o755)
        (self.folder / "key").write_bytes(os.urandom(1024))
        os.chmod(self.folder / "key", 0o600)
        (self.folder / "slurm.conf").write_text(CONF.format(host=socket.gethostname().split(".")[0], ctld=free_port(), slurmd=free_port(),
                                                            folder=self.folder))
        os.environ["SLURM_CONF"] = str(self.folder / "slurm.conf")
        self.start("munged", "-F", "-f", "--key-file", self.folder / "key", "--socket", self.folder / "munge.socket",
                   "--pid-file", self.folder / "munge.pid", "--log-file", self.folder / "munge.log", "--seed-file", self.folder / "seed")
        self.until(lambda: (self.folder / "munge.socket").exists())
        self.start("slurmctld", "-D")
        self.start("slurmd", "-D")
        self.until(lambda: "idle" in self.output("sinfo", "-h", "-o", "%T"))
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def output(self, *args):
        return subprocess.run([str(a) for a in args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout

    def until(self, ready, seconds=60):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                logs = "\n".join(f"{p.name}: {p.read_text(errors='replace')[-1500:]}" for p in sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.out")))
                raise TimeoutError(logs)
            time.sleep(0.1)

    def submit(self, work, store, root):
        env = f"ALL,PAGEFSCK={dumptest.PAGEFSCK},PAGEFSCK_DUMPS={root},PAGEFSCK_STORE={store}"
        text = self.output("sbatch", "--parsable", "--array=2-6:2", "--cpus-per-task=1", "--mem=600", f"--chdir={work}", f"--export={env}", SCRIPT)
        if not text.strip().isdigit():
            raise ValueError(text)
        return text.strip()

    def wait(self, job):
        self.until(lambda: not self.output("squeue", "-h", "-j", job, "-o", "%T").strip().replace("Invalid job id specified", ""), 120)


def main():
    cases = dumptest.Cases()
    with Cluster() as cluster, dumptest.Workplace("slurm") as work:
        root = work / "root"
        batchtest.make_tree(root, batchtest.unpacked())
        root = root / "tiny"
        batchtest.scan("--db", work / "whole.db", "--memory", "344M", root)  # what the script leaves of 600M
        with batchtest.Store(work / "whole.db") as s:
            whole = [row for row in s.contents() if not row.startswith("runs ")]
        job = cluster.submit(work, work / "slurm.db", root)
        cluster.wait(job)
        logs = {p.name: p.read_text() for p in work.glob(f"pagefsck-{job}-*.log")}
        with batchtest.Store(work / "slurm.db") as s:
            wrong = [batchtest.differ(whole, [row for row in s.contents() if not row.startswith("runs ")], "by Slurm")]
            runs = s.all("SELECT name FROM runs")
        if runs != [(f"slurm-{job}",)] or sorted(logs) != [f"pagefsck-{job}-{i}.log" for i in (2, 4, 6)]:
            wrong.append(f"{runs} {logs}")
        cases.case("an array of three tasks makes one run of all dumps", wrong)
        job = cluster.submit(work, work / "killed.db", root)
        cluster.until(lambda: "RUNNING" in cluster.output("squeue", "-h", "-j", job, "-o", "%T"))
        cluster.output("scancel", "--signal=KILL", f"{job}_2")
        cluster.wait(job)
        cluster.wait(cluster.submit(work, work / "killed.db", root))
        with batchtest.Store(work / "killed.db") as s:
            rows = [row for row in s.contents() if not row.startswith("runs ")]
        cases.case("a task that was killed loses nothing", batchtest.differ(whole, rows, "killed"))
    cases.finish()


main()
