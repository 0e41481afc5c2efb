# SPDX-License-Identifier: GPL-2.0-or-later
# Entries of arm64 page tables, where their bits are others than those of x86.

test arm-table-bit: the entry of a page has the form of a block
kernels *arm64*
pick p anon small entries=1
set pte[p] &= ~2
expect pte-entry-valid error
expect mapcount-recount-small p error follows

test arm-valid-bit-old: a mapping that lost its valid bit
kernels 6.1-arm64
pick p anon small entries=1
set pte[p] &= ~1
expect pte-entry-valid error
expect mapcount-recount-small p error follows

test arm-valid-bit: the same where another bit says present: only what user mode has no right to is so
kernels 6.12-arm64-16k
pick p anon small entries=1
set pte[p] &= ~1
expect pte-entry-valid error
expect mapcount-recount-small p error follows

test arm-special-bit: in an entry of an ordinary page
kernels *arm64*
pick p anon small entries=1
set pte[p] |= bit(56)
expect pte-special-consistent warning
expect mapcount-recount-small p error follows

test arm-writable-private-file: a private mapping may write to the page cache
kernels *arm64*
pick p file small vma=file-private readonly
set pte[p] |= bit(51)
expect pte-writable-private-file p error

test arm-ksm-writable: an entry of a page that KSM shares permits writing
kernels *arm64*
pick p ksm entries>=2
set pte[p] |= bit(51)
expect ksm-writable p error

test arm-ok-young: hardware or the kernel ages a page
kernels *arm64*
pick p anon small entries=1
set pte[p] ^= bit(10)
expect nothing

test arm-ok-protnone-old: no access, with the bit up to v6.9
kernels 6.1-arm64
pick p anon small entries=1
set pte[p] = pte[p] & ~1 | bit(58)
expect nothing

test arm-ok-protnone: no access: present, but not valid, and nothing for user mode
kernels 6.12-arm64-16k
pick p anon small entries=1
set pte[p] = pte[p] & ~(1 | bit(6)) | bit(11) | bit(54)
expect nothing

test arm-swap-type-old: there is no such swap device
kernels 6.1-arm64
set phys[swapent(0)] = (20 << 3) | (5 << 8)
expect swap-entry-type error

test arm-swap-type: there is no such swap device
kernels 6.12-arm64-16k
set phys[swapent(0)] = (20 << 6) | (5 << 12)
expect swap-entry-type error

test arm-swap-offset: the slot is beyond the end of the device
kernels 6.12-arm64-16k
set phys[swapent(0)] = 0x7fffffff << 12
expect swap-entry-type error

test arm-cont-bit: one entry of a huge page of contiguous entries is not marked
kernels 6.12-arm64-16k
pick p hugetlb large entries=1
set pte[p] ^= bit(52)
expect cont-bit-range warning
expect pte-to-tail-wrong-order p error
expect mapcount-recount-entire p error follows
also mm-hugetlb-usage

test arm-high-address: bits 51:50 of the address stand in bits 9:8 (LPA2)
kernels 6.12-arm64-16k
pick p anon small entries=1
set pte[p] ^= 0x200
expect pte-pfn-valid error
expect mapcount-recount-small p error follows
