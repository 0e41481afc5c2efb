#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reduce a kernel's vmlinux to the debug info and symbols that pagefsck reads.

reduce-debuginfo.py VMLINUX OUT

The result is a small ELF file with the kernel's build-id, DWARF 5 for the types
and variables of types.txt, and a symbol table: all data, and the functions that
mark a boundary (all functions where the kernel keeps stacks of allocations).  It is made from the kernel's BTF: bpftool prints it as C, gcc
compiles that, the linker puts the addresses in.  The kernel's sections are there
with their addresses and sizes but without contents, as in any separate debug
file.  Needs bpftool, gcc, binutils.
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

from machines import tools_of
from thin import section

HERE = os.path.dirname(os.path.abspath(__file__))
FUNCTIONS = {"_text", "swapper_pg_dir", "tramp_pg_dir", "_stext", "_etext", "_sinittext", "_einittext", "startup_64", "secondary_startup_64", "schedule",
             "ret_from_fork", "ret_from_fork_asm", "asm_exc_page_fault", "entry_SYSCALL_64", "crash_kexec", "machine_kexec",
             "hugetlb_vmemmap_optimize_folio", "compound_page_dtors",
             # who ends direct I/O, and waits for it
             "blkdev_bio_end_io", "blkdev_bio_end_io_simple", "blkdev_bio_end_io_async", "iomap_dio_bio_end_io", "dio_bio_end_io",
             "dio_bio_end_aio", "submit_bio_wait_endio", "bio_wait_end_io", "__blkdev_direct_IO_simple"}
# Made by macros for the kernel's own tables, or by the compiler.
NOISE = re.compile(r"__(ksymtab|kstrtab|flags_|BTF_|crc|UNIQUE|initcall|bpf|p_|func|already_done|addressable|export|tpstrtab|tracepoint|event|"
                   r"TRACE|set_debug|setup|param|warned|msg|compound_literal|key|syscall_meta|addr|args|types|quirk|SCK|SCT|tpstub|"
                   r"probestub|traceiter|cpu_indicators|FUNCTION|PRETTY|pfx|modver|already|exitcall|apicdrivers|irqchip|of_table)|"
                   r"_entry(\.|_ptr|$)|(event|print_fmt|trace_event)_|descriptor\.|__key|str__|_rs$|_rs\.|types__|args__|"
                   r"sys_(enter|exit)|CSWTCH|CMDLINE|___tp_str|bpf_trace|btf_(trace|type)|_btf_ids$|BTF_ID|security_hook_active_")


def run(*args, cwd=None):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, text=True, cwd=cwd).stdout


def wanted():
    """types.txt as {word: [rest of line]}."""
    lists = {}
    for line in open(f"{HERE}/types.txt"):
        if line.strip() and line[0] != "#":
            kind, rest = line.split(":", 1)
            lists.setdefault(kind, []).append(rest.strip())
    return lists


def sections(vmlinux):
    """{index: (name, address, size)} of the sections that take memory."""
    found = {}
    for line in run("readelf", "-SW", vmlinux).splitlines():
        m = re.match(r"\s*\[ *(\d+)\] (\S+) +(\S+) +(\w+) +\w+ +(\w+) +\w+ +(\w*A\w*) ", line)
        if m:
            found[m[1]] = (m[2], int(m[4], 16), int(m[5], 16))
    return found


def is_wanted(name, kind, home):
    if name in FUNCTIONS:
        return True
    if kind == "FUNC" or "text" in home or home.startswith((".init", ".exit", ".notes")) or NOISE.match(name):
        return False
    if kind == "NOTYPE":
        return bool(re.match(r"_|init_top_pgt|swapper|tramp|level|early|phys|vmlinux|saved", name))
    return bool(re.fullmatch(r"[A-Za-z_]\w*", name))


def symbols(vmlinux, homes):
    """{name: (address, size, section index, type)}: data and boundary symbols; with page_owner functions, too: it keeps stacks."""
    rows = {}
    lines = run("readelf", "-sW", vmlinux).splitlines()
    stacks = any(line.endswith(" page_owner_ops") for line in lines)
    for line in lines:
        f = line.split()
        if len(f) == 8 and f[3] in ("FUNC", "OBJECT", "NOTYPE") and (f[6] == "ABS" or f[6] in homes):
            home = homes[f[6]][0] if f[6] in homes else ""
            if is_wanted(f[7], f[3], home) or (stacks and f[3] == "FUNC" and not f[7].startswith("__pfx_")):
                row = (int(f[1], 16), int(f[2], 0), f[6], f[3])
                if f[3] == "FUNC" and rows.get(f[7], row)[0] != row[0]:	# static functions may have one name
                    f[7] = f"twin{len(rows)}-{f[7]}"
                rows.setdefault(f[7], row)
    return rows


def name_twins(path):
    """Names that had to differ for the assembler become one again: each is the end of what stands in the string table."""
    with open(path, "r+b") as f:
        data = bytearray(f.read())
        order = ">" if data[5] == 2 else "<"
        shoff, = struct.unpack_from(order + "Q", data, 40)
        entry, count, _ = struct.unpack_from(order + "HHH", data, 58)
        headers = [struct.unpack_from(order + "IIQQQQIIQQ", data, shoff + i * entry) for i in range(count)]
        for _, kind, _, _, offset, size, link, _, _, _ in headers:
            for at in range(offset, offset + size, 24) if kind == 2 else ():
                name, = struct.unpack_from(order + "I", data, at)
                start = headers[link][4] + name
                m = re.match(rb"twin\d+-", data[start:start + 32])
                if m:
                    struct.pack_into(order + "I", data, at, name + m.end())
        f.seek(0)
        f.write(data)


def source(header, lists, syms):
    """A C file that names what is wanted, and the names of its variables."""
    has = {(m[1], m[2]) for m in re.finditer(r"^(struct|union|enum) (\w+) \{", header, re.M)}
    out, variables = ['#include "vmlinux.h"'], []
    for tag in ("struct", "enum"):
        for name in sorted({n for line in lists[tag] for n in line.split()}):
            if (tag, name) in has:
                out.append(f"{tag} {name} *__need_{tag}_{name};")
    for kind in ("array", "variable"):
        for line in lists[kind]:
            ctype, name = line.rsplit(" ", 1)
            words = ctype.split()
            if name not in syms or (words[0] in ("struct", "enum") and (words[0], words[1]) not in has):
                continue
            dim = f"[{syms[name][1]} / sizeof({ctype})]" if kind == "array" else ""
            out.append(f"{ctype} {name}{dim};")
            variables.append(name)
    return "\n".join(out) + "\n", variables


def name_anonymous(header, lists):
    """Gives each wanted enumeration without a name a variable, so that it is kept."""
    names = {n for line in lists["anonymous"] for n in line.split()}
    count = iter(range(1000))

    def add(m):
        if names & set(re.findall(r"^\t(\w+)", m[0], re.M)):
            return f"{m[0][:-1]} __need_enum_{next(count)};"
        return m[0]

    return re.sub(r"^enum \{\n(?:\t.*\n)+\};", add, header, flags=re.M)


def mend(header, raw):
    """What bpftool does not say: small enumerations, arrays without a length."""
    small = set(re.findall(r"^\[\d+\] ENUM '(\w+)' .*size=[12] ", raw, re.M))

    def pack(m):
        return f"enum {m[1]} {{{m[2]}}} __attribute__((packed));" if m[1] in small else m[0]

    header = re.sub(r"^enum (\w+) \{([^}]*)\};", pack, header, flags=re.M)
    # The last member of a structure that has others before it.
    return re.sub(r"^(struct \w+ \{\n(?:\t.*\n)*\t\w.*;\n\t\w.*)\[0\];\n\}", r"\1[];\n}", header, flags=re.M)


def without_definitions(assembly, variables):
    """Leaves the references from the debug info to be resolved by the linker."""
    names = "|".join(map(re.escape, variables))
    assembly = re.sub(rf"^({names}):\n\t\.zero\t\d+\n", "", assembly, flags=re.M)
    return re.sub(rf"^\t\.(globl|type|size|lcomm)\s({names})\b.*\n", "", assembly, flags=re.M)


def symbol_source(syms, homes):
    """Assembler text: empty sections, and each symbol at its place in its own."""
    kinds = {"OBJECT": "object", "FUNC": "function", "NOTYPE": "notype"}
    out = []
    for index in sorted({row[2] for row in syms.values()} & set(homes), key=int):
        out.append(f'.section .kernel.{index},"aw",%nobits\n.Lbase{index}: .skip {homes[index][2]}')
    for name, (addr, size, index, kind) in sorted(syms.items(), key=lambda i: i[1][0]):
        # Modulo 2^64: a few symbols stand before the section that they belong to.
        place = f".Lbase{index} + {addr - homes[index][1]}" if index in homes else f"{addr:#x}"
        out.append(f'.globl "{name}"\n.set "{name}", {place}\n.type "{name}", %{kinds[kind]}\n.size "{name}", {size}')
    return "\n".join(out) + "\n"


def linker_script(syms, homes):
    used = {row[2] for row in syms.values()}
    addresses = [homes[i][1] for i in used & set(homes)]
    image = 1 << 32 if max(addresses) >= 1 << 32 else 0	# s390x is linked low, and has no per-CPU section that begins with 0
    start = min(addr for addr in addresses if addr >= image)
    data = next(addr for name, addr, _ in homes.values() if name == ".data")
    out = ["PHDRS { text PT_LOAD; percpu PT_LOAD; data PT_LOAD; note PT_NOTE; }", "SECTIONS", "{"]
    # The only section with contents goes first, since what lies before it in a segment would be filled with zeros.
    out.append(f"\t.notes {start - 4096:#x} : {{ *(.note.gnu.build-id) }} :note")
    for index, (name, addr, _) in homes.items():
        segment = "percpu" if addr < image else "text" if addr < data else "data"
        if index in used:
            out.append(f"\t{name} {addr:#x} (NOLOAD) : {{ *(.kernel.{index}) }} :{segment}")
    return "\n".join(out + ["\t.need 0 (NOLOAD) : { need.o(.bss) } :NONE", "}", ""])


def build(vmlinux, tmp):
    lists, homes, prefix = wanted(), sections(vmlinux), tools_of(vmlinux)
    syms = symbols(vmlinux, homes)
    build_id = re.search(r"Build ID: ([0-9a-f]+)", run("readelf", "-n", vmlinux))[1]

    def write(name, text):
        with open(f"{tmp}/{name}", "w" if isinstance(text, str) else "wb") as f:
            f.write(text)

    write("btf", section(vmlinux, ".BTF")[1])
    raw = run("bpftool", "btf", "dump", "file", f"{tmp}/btf")
    header = mend(run("bpftool", "btf", "dump", "file", f"{tmp}/btf", "format", "c"), raw)
    header = name_anonymous(header, lists)
    write("vmlinux.h", header)
    text, variables = source(header, lists, syms)
    write("need.c", text)
    # 7.x has members without a name whose type has one.
    run(f"{prefix}gcc", "-g", "-gdwarf-5", "-O0", "-w", "-fno-common", "-fms-extensions",
        f"-ffile-prefix-map={tmp}=.", "-S", "need.c", "-o", "need.s", cwd=tmp)
    write("need.s", without_definitions(open(f"{tmp}/need.s").read(), variables))
    write("symbols.s", symbol_source(syms, homes))
    write("script", linker_script(syms, homes))
    for name in ("need", "symbols"):
        run(f"{prefix}as", f"--debug-prefix-map={tmp}=.", f"{name}.s", "-o", f"{name}.o", cwd=tmp)
    run(f"{prefix}ld", "-e", "0", "-z", "noexecstack", "--no-check-sections", "--no-warn-rwx-segments", f"--build-id=0x{build_id}",
        "-T", "script", "need.o", "symbols.o", "-o", "all", cwd=tmp)
    run(f"{prefix}objcopy", "-R", ".need", "-R", ".comment", f"{tmp}/all", f"{tmp}/out")
    name_twins(f"{tmp}/out")
    return f"{len(syms)} symbols, {len(variables)} variables, build-id {build_id}"


def main():
    vmlinux, out = sys.argv[1:]
    with tempfile.TemporaryDirectory() as tmp:
        summary = build(os.path.abspath(vmlinux), tmp)
        shutil.copyfile(f"{tmp}/out", out)
    print(f"{out}: {os.path.getsize(out)} bytes, {summary}")


if __name__ == "__main__":
    main()
