# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernels and the bundled dumps."""
from machines import arch_of

KERNELS = {		# release: package version, suite, dump whose folder holds its debug info
    "5.10.0-32-amd64": ("5.10.223-1", "bullseye", "5.10"),
    "6.1.0-50-amd64": ("6.1.176-1", "bookworm", "6.1"),
    "6.12.95+deb12-amd64": ("6.12.95-1~bpo12+1", "bookworm-backports", "6.12"),
    "7.3.4+deb13-amd64": ("7.3.4-1~bpo13+1", "trixie-backports", "7.3"),
    "6.1.0-50-arm64": ("6.1.176-1", "bookworm", "6.1-arm64"),
    "6.12.95+deb12-arm64-16k": ("6.12.95-1~bpo12+1", "bookworm-backports", "6.12-arm64-16k"),
    "6.12.107+deb13-riscv64": ("6.12.107-1", "trixie", "6.12-riscv64"),
    "6.12.107+deb13-powerpc64le-64k": ("6.12.107-1", "trixie", "6.12-ppc64el"),
    "6.12.107+deb13-s390x": ("6.12.107-1", "trixie", "6.12-s390x"),
}

# Built from sources (build-kernel.py): release: package version, suite, dump whose folder holds its debug info, package, configuration.
BUILT = {
    "6.12.95-owner": ("6.12.95-1~bpo12+1", "bookworm-backports", "6.12-owner", "linux-source-6.12", "owner.config"),
    "6.1.176-owner": ("6.1.176-1", "bookworm", "6.1-owner", "linux-source-6.1", "owner.config"),
    "6.12.95-tiny": ("6.12.95-1~bpo12+1", "bookworm-backports", "6.12-tiny", "linux-source-6.12", "tiny.config"),
    "7.3.4-nomapcount": ("7.3.4-1~bpo13+1", "trixie-backports", "7.3-nomapcount", "linux-source-7.3", "nomapcount.config"),
}

# kernel, mem (MB): always. append: words for the kernel command line; wl: parts of the workload
# (guest/init.c); cpu, qemu, modules, balloon, crashkernel: options of run-guest.py; self: keep BTF and kallsyms; form: dump.elf
# instead of dump.kdump; kdump: crash; moving: the guest runs on after it wrote the truth.
DUMPS = {
    "6.1": {
        "kernel": "6.1.0-50-amd64",
        "mem": 136,
        "balloon": 2,
        "append": "hugepages=6 secretmem.enable=1",
        "what": "The whole workload on Debian 12's kernel.",
    },
    "5.10": {
        "kernel": "5.10.0-32-amd64",
        "mem": 136,
        "balloon": 2,
        "append": "hugepages=6 pti=on",
        "what": "The whole workload on Debian 11's kernel: no struct folio, no kallsyms keys in "
                "VMCOREINFO. Page-table isolation is on, so top-level tables come in pairs. BTF and "
                "kallsyms are in it.",
        "self": True,
    },
    "6.12": {
        "kernel": "6.12.95+deb12-amd64",
        "mem": 144,
        "balloon": 2,
        "append": "hugepages=6",
        "what": "The whole workload on 6.12: page types as a number, large folios of several sizes, "
                "multi-generational LRU.",
    },
    "7.3": {
        "kernel": "7.3.4+deb13-amd64",
        "mem": 176,
        "balloon": 2,
        "append": "hugepages=6",
        "what": "The whole workload on 7.3: tails hold a mask instead of a pointer, flags in "
                "memdesc_flags_t, slab pages without reference. BTF and kallsyms are in it.",
        "self": True,
    },
    "6.1-elf": {
        "kernel": "6.1.0-50-amd64",
        "mem": 136,
        "append": "hugepages=4 slub_debug=FZ",
        "wl": "lrugen",
        "form": "elf",
        "what": "ELF as QEMU writes it: section headers before program headers, e_ehsize 8, p_vaddr "
                "0, two segments that are no RAM. Slab debugging is on. The multi-generational LRU is "
                "switched on half way.",
    },
    "6.1-kdump": {
        "kernel": "6.1.0-50-amd64",
        "mem": 320,
        "crashkernel": "128M",
        "append": "hugepages=4",
        "wl": "small",
        "form": "elf",
        "kdump": True,
        "what": "A real crash: /proc/vmcore as the capture kernel saw it, an ELF file with virtual "
                "addresses, a panic message, and memory that is missing (the capture kernel's own).",
    },
    "6.12-kdump": {
        "kernel": "6.12.95+deb12-amd64",
        "mem": 320,
        "crashkernel": "128M",
        "append": "hugepages=2",
        "wl": "small,churn,crash-timer",
        "kdump": True,
        "moving": True,
        "what": "A real crash: BUG() in a timer of a module (`scripts/testdata/crash`), on the interrupt stack of one CPU, while both fork, "
                "execute, map, unmap, write files, page out and compact. The truth was written before that began; `truth/console` is what the "
                "kernel printed when it died.",
    },
    "5.10-kdump": {
        "kernel": "5.10.0-32-amd64",
        "mem": 320,
        "crashkernel": "128M",
        "append": "hugepages=2",
        "wl": "small,crash-oom",
        "kdump": True,
        "moving": True,
        "what": "A real crash: a process has eaten all memory, and `vm.panic_on_oom` is set. The truth was written before it ate.",
    },
    "7.3-numa": {
        "kernel": "7.3.4+deb13-amd64",
        "mem": 208,
        "append": "hugepages=4 cma=8M zswap.enabled=1 memmap=16M!112M",
        "modules": "nd_e820 nd_pmem",
        "qemu": "-object memory-backend-ram,id=m0,size=104M -object "
                "memory-backend-ram,id=m1,size=104M -numa node,memdev=m0,cpus=0 -numa "
                "node,memdev=m1,cpus=1",
        "what": "Two nodes of 104 MB, a CMA area, zswap, and 16 MB of persistent memory whose pages "
                "are in ZONE_DEVICE.",
    },
    "6.12-la57": {
        "kernel": "6.12.95+deb12-amd64",
        "mem": 176,
        "append": "hugepages=4 movablecore=32M memmap=16M!128M",
        "wl": "poison,nolrugen,direct",
        "cpu": "max",
        "modules": "nd_e820 nd_pmem",
        "what": "Five-level paging, the classic LRU lists, a movable zone, 16 MB of persistent memory "
                "whose pages are in ZONE_DEVICE, two pages poisoned by madvise, and direct I/O in flight.",
    },
    "6.12-hvo": {
        "kernel": "6.12.95+deb12-amd64",
        "mem": 144,
        "append": "hugepages=8 hugetlb_free_vmemmap=on",
        "wl": "small",
        "what": "Hugetlb vmemmap optimisation: tails of hugetlb folios are copies that look like "
                "heads. Hugetlb pages free in the pool, private, shared and copied; little else.",
    },
    "7.3-hvo": {
        "kernel": "7.3.4+deb13-amd64",
        "mem": 160,
        "append": "hugepages=8 hugetlb_free_vmemmap=on",
        "wl": "small",
        "what": "Hugetlb vmemmap optimisation: one shared frame of tails per zone and order. Hugetlb "
                "pages free in the pool, private, shared and copied; little else.",
    },
    "6.1-arm64": {
        "kernel": "6.1.0-50-arm64",
        "mem": 144,
        "append": "hugepages=6 secretmem.enable=1",
        "what": "The whole workload on Debian 12's kernel for arm64: pages of 4 KiB, 48 bits of virtual address. RAM "
                "begins at 1 GiB.",
    },
    "6.12-riscv64": {
        "kernel": "6.12.107+deb13-riscv64",
        "mem": 176,
        "append": "hugepages=4 hugepagesz=64K hugepages=6",
        "form": "elf",
        "what": "The whole workload on Debian 13's kernel for riscv64: Sv57, hugetlb pages of 64 KiB in Svnapot blocks, "
                "ticket locks. RAM begins at 2 GB.",
    },
    "6.12-ppc64el": {
        "kernel": "6.12.107+deb13-powerpc64le-64k",
        "mem": 512,
        "append": "hugepages=4",
        "what": "The whole workload on Debian 13's kernel for ppc64le with pages of 64 KiB and the radix MMU: big-endian entries, "
                "tables smaller and larger than a page, large folios of 2 MiB in 32 pages.",
    },
    "6.12-s390x": {
        "kernel": "6.12.107+deb13-s390x",
        "mem": 152,
        "append": "hugepages=2",
        "linger": "0.5",
        "form": "elf",
        "what": "The whole workload on Debian 13's kernel for s390x, which is big-endian: a tree of three levels for the kernel and one for "
                "each process, of three to five, the kernel's image mapped away from its memory, several zero pages, no VMCOREINFO note. QEMU's processor "
                "maps nothing large (no EDAT), so there are no huge pages.",
    },
    "6.12-arm64-16k": {
        "kernel": "6.12.95+deb12-arm64-16k",
        "mem": 288,
        "cpu": "max,pauth-impdef=on,sve=off",
        "append": "default_hugepagesz=2M hugepagesz=2M hugepages=6 secretmem.enable=1",
        "what": "The whole workload with pages of 16 KiB on a processor with 52 bits of virtual and physical address (LPA2): "
                "top-level tables are objects of a slab cache, huge pages of 2 MiB are runs of contiguous PTEs.",
    },
}

DUMPS["6.12-tiny"] = {
    "kernel": "6.12.95-tiny",
    "mem": 96,
    "append": "",
    "what": "The least that a kernel can be: one CPU, one node, no swap, huge pages, cgroups or modules, SLUB_TINY, and a "
            "struct page of 56 bytes, so that some of them lie across a page boundary.",
}
DUMPS["7.3-nomapcount"] = {
    "kernel": "7.3.4-nomapcount",
    "mem": 112,
    "append": "hugepages=4 slab_debug=-",
    "what": "Large folios without mapcounts of single pages (CONFIG_NO_PAGE_MAPCOUNT), and the kernel's own checks of "
            "page flags and page tables on, which keep words for each page beside struct page.",
}

for _kernel, (_, _, _home, _, _) in BUILT.items():
    if not _home.endswith("-owner"):
        continue
    DUMPS[_home] = {
        "kernel": _kernel,
        "mem": 112,
        "wl": "owner",
        "append": "page_owner=on",
        "linger": "0.5",
        "what": "A small kernel built for this: page_owner notes who allocated and freed each page, with stacks "
                "(`truth/page_owner`). No modules, network, cgroups, hugetlb, or multi-generational LRU.",
    }

# Guests with a driver that leaks on purpose; beside the others, as these dumps have findings.
for _kernel, (_, _, _home) in KERNELS.items():
    if arch_of(_kernel) != "amd64":
        continue
    DUMPS[f"leaks/{_home}"] = {
        "kernel": _kernel,
        "mem": 160 if _home == "7.3" else 128,
        "wl": "leak",
        "append": "",
        "what": "A driver that takes references and allocates pages, keeps some of them and forgets the others "
                "(`scripts/testdata/leak`); a process that is stopped with its pipe full. `truth/proc/leak` says which pages.",
    }
DUMPS["leaks/6.12-owner"] = {
    "kernel": "6.12.95-owner",
    "mem": 128,
    "wl": "leak,owner",
    "append": "page_owner=on",
    "linger": "0.5",
    "what": "The same driver on the small kernel of `6.12-owner`: page_owner knows who allocated what it leaked.",
}
