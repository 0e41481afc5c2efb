# SPDX-License-Identifier: GPL-2.0-or-later
# References: what each page has against what mappings, caches, private data and holders need.

# ---- one too many ----------------------------------------------------------------------------------------------------

test refcount-extra-anon: one reference too many on an anonymous page
pick p anon small refcount=1 mapcount=1
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-cow: on a page that two processes share until one writes
pick p anon small refcount=2 mapcount=2 mms=2
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-ksm: on a page merged by KSM
pick p ksm small mapcount>=2
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-file: on a page of a file that nobody maps
pick p file small mapcount=0 refcount=1 flag=!private flag=lru
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-private: on a page of a file with private data
pick p file small flag=private refcount=2 mapcount=0
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-held-private: what the private data have beside their own, as extent buffers of btrfs do for their folios
pick p file small flag=private refcount=2 mapcount=0
set page[p]._refcount += 1
set mem[page[p].private + 56] = page_va(p)
expect refcount-held p note

test refcount-extra-file-mapped: on a page of a file that a process maps
pick p file small mapcount=1 flag=lru
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-shmem: on a page of tmpfs
pick p shmem small mapcount=1
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-thp: on a transparent huge page
pick p anon head order=9 pincount<=0 nth=0
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-mthp: on a large folio below a huge page's size
pick p anon|file|shmem head order>=1 order<=8 pincount<=0
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-shmem-thp: on a huge page of tmpfs
pick p shmem head order=9 pincount<=0
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-hugetlb: on a huge page in use
pick p hugetlb head
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-swapcache: on an anonymous page in the swap cache
pick p anon-swapcache small
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-shmem-swapcache: on a page of tmpfs in the swap cache
pick p shmem-swapcache small
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-kernel: on a page of the kernel
pick p kernel small refcount=1 mapcount=0 next=!kernel-interior vmapped=0 nth=3
set page[p]._refcount += 1
expect refcount-extra p

test refcount-extra-vmalloc: on a page of a vmalloc area
pick p kernel small refcount=1 vmalloc
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-table: on a page of page tables, where users of shared tables may have references
kernels 5.10
pick p page-table small refcount=1
set page[p]._refcount += 1
expect refcount-extra p warning

test table-two-references: on a page of page tables, which has one owner
kernels 6.* 7.*
machines x86_64 aarch64 riscv64
pick p page-table small refcount=1
set page[p]._refcount += 1
expect pt-page-refcount p error

test table-two-references-parts: the same where a page holds several tables, each with a reference
machines s390x
pick p page-table small refcount=1
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-zsmalloc: on a page of compressed memory
pick p zsmalloc refcount=1
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-zero: on the page of zeros, which nobody counts mappings of
pick p zero-page small
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-huge-zero: on the huge page of zeros
pick p huge-zero-page head
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-reserved: on memory of the boot
pick p reserved small refcount=1 mapcount=0 flag=!private
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-memmap: on memory that holds struct pages
pick p vmemmap small refcount=1 mapcount=0 flag=!private
set page[p]._refcount += 1
expect refcount-extra p warning

test refcount-extra-balloon: on a page of the balloon
pick p offline small refcount=1
set page[p]._refcount += 1
expect any p
also refcount-extra p
also offline-refcount p

test slab-two-references: on a slab
pick p slab head refcount=1
set page[p]._refcount += 1
expect slab-refcount p

test slab-frozen-reference: on a slab that has none
pick p slab head refcount=0
set page[p]._refcount += 1
expect slab-refcount p

# ---- zero, below zero, near the end -------------------------------------------------------------------------------

test refs-zero-file-mapped: none at all for a mapped page of a file
pick p file|shmem small mapcount>=1
set page[p]._refcount = 0
expect refcount-zero-mapped p error

test refs-zero-hugetlb: none at all for a mapped huge page: it looks free
kernels 6.* 7.*
pick p hugetlb head entire>=1
set page[p]._refcount = 0
expect pte-to-free-page p error

test refs-zero-hugetlb-marks: the same; its tails have marks of a huge page in use
kernels 5.10
pick p hugetlb head entire>=1
set page[p]._refcount = 0
expect tail-flags-legal p+1 error

test refs-zero-page: the page of zeros without a reference
pick p zero-page small
set page[p]._refcount = 0
expect reserved-refcount p

test refs-negative-shmem: given back twice
pick p shmem small mapcount=1
set page[p]._refcount = -2
expect refcount-negative p error

test refs-negative-thp: the same for a huge page
pick p anon head order=9
set page[p]._refcount = -1
expect refcount-negative p error

test refs-negative-table: the same for a page of page tables
pick p page-table small refcount=1
set page[p]._refcount = -1
expect refcount-negative p error

test refs-overflow-thp: references run full on a huge page
pick p anon head order=9 pincount<=0
set page[p]._refcount = 0x7fffff00
expect refcount-overflow p warning

test refs-overflow-kernel: the same on a page of the kernel
pick p kernel small refcount=1 mapcount=0 next=!kernel-interior
set page[p]._refcount = 0x7fffff00
expect refcount-overflow p warning

# ---- one too few -----------------------------------------------------------------------------------------------------

test too-few-anon: no reference left for a mapped page
pick p anon small refcount=1 mapcount=1
set page[p]._refcount -= 1
expect refcount-zero-mapped p error

test too-few-cow: one for two mappings
pick p anon small refcount=2 mapcount=2 mms=2
set page[p]._refcount -= 1
expect refcount-lt-mapcount p error

test too-few-ksm: one less than mappings
pick p ksm small mapcount>=2
set page[p]._refcount = page[p]._mapcount
expect refcount-lt-mapcount p error

test too-few-file: none for the page cache
pick p file small mapcount=0 refcount=1 flag=!private flag=lru flag=!locked
set page[p]._refcount -= 1
expect inuse-refcount-positive p
also any p

test too-few-private: none for private data
pick p file small flag=private mapcount=0 refcount=2
set page[p]._refcount -= 1
expect refcount-lt-mapcount p error

test too-few-shmem: none for the page cache
pick p shmem small mapcount=1 refcount=2
set page[p]._refcount -= 1
expect refcount-lt-mapcount p error

test too-few-thp: one less than mappings of a transparent huge page
pick p anon head order=9 entire=1 large<=1 refcount=1
set page[p]._refcount -= 1
expect refcount-zero-mapped p error

test too-few-mthp: one less than users of a large folio
pick p anon|file|shmem head order>=1 order<=8 refcount>=2 flag=!private pincount<=0
set page[p]._refcount -= 1
expect refcount-lt-mapcount p error
also refcount-lt-holders p

test too-few-shmem-thp: one less than pages in the cache
pick p shmem head order=9 mapcount=0 entire=0
set page[p]._refcount -= 1
expect refcount-lt-mapcount p error
also refcount-lt-holders p

test too-few-swapcache: none for the swap cache
pick p anon-swapcache small mapcount>=1
set page[p]._refcount = page[p]._mapcount + 1
expect refcount-lt-mapcount p error

test too-few-batch: none for a CPU's batch
pick p anon|file|shmem small batched
set page[p]._refcount -= 1
expect refcount-lt-holders p error

test too-few-batch-emptied: the same of a page that is on its list already: who empties the batch may be dropping the references
pick p anon small batched flag=!lru mapcount=1 refcount=2
set page[p]._refcount -= 1
set page[p].flags |= flag(lru)
expect any p
also any p

test too-few-table: none for a page of page tables
machines x86_64 aarch64 riscv64 s390x
pick p page-table small refcount=1
set page[p]._refcount -= 1
expect pt-page-refcount p
also any p

# ---- pins --------------------------------------------------------------------------------------------------------------

test pin-leak-small: a pin that was never undone
pick p shmem small mapcount=1 refcount=2
set page[p]._refcount += 1024
expect refcount-extra p warning

test pin-leak-large: the same for a large folio
needs PINCOUNT
pick p anon head order=9 pincount=0 nth=0
set folio[p].pincount += 1
set page[p]._refcount += 1
expect refcount-extra p warning

test pin-without-reference: a pin counted, but no reference
needs PINCOUNT
pick p anon head order=9 pincount=0
set folio[p].pincount += 1
expect pincount-sane p error

# ---- private data ------------------------------------------------------------------------------------------------------

test private-without-reference: a flag for private data that nothing came with
pick p file small flag=!private flag=lru mapcount=0 refcount=1
set page[p].flags |= flag(private)
expect refcount-lt-mapcount p error
also any p

test private-reference-only: a reference for private data, but no flag
pick p file small flag=private mapcount=0 refcount=2
set page[p].flags &= ~flag(private)
expect refcount-extra p warning
also any p

# ---- holders that lose their page ----------------------------------------------------------------------------------------

test too-few-pipe: a page in a pipe, without the pipe's reference
pick p file|shmem|anon small held=pipe
set page[p]._refcount -= 1
expect refcount-lt-holders p error

test too-few-io-uring: a registered buffer whose pin was given back
pick p anon|shmem small held=io-uring
set page[p]._refcount -= 1024
expect refcount-lt-holders p error
also pin-small-sane p

test too-few-socket: a page in a socket buffer, without its reference
pick p file|shmem small held=socket-buffer
set page[p]._refcount -= 1
expect refcount-lt-holders p error

test held-page-free-pipe: a pipe names a page that is free
pick p file|shmem|anon small held=pipe
pick f buddy first order>=1
set mem[refslot(p,0)] = page_va(f)
expect held-page-free f error
also any p

test held-page-free-socket: a socket buffer names a page that is free
pick p file|shmem small held=socket-buffer
pick f buddy first order>=1
set mem[refslot(p,0)] = page_va(f)
expect held-page-free f error
also any p

test held-page-slab: a pipe names a slab
pick p file|shmem|anon small held=pipe
pick f slab first
set mem[refslot(p,0)] = page_va(f)
expect held-page-free f error
also any p

# ---- held by somebody --------------------------------------------------------------------------------------------------

test held-by-task: a task has the pointer and the reference, and nobody knows what for
pick p anon small refcount=1 mapcount=1
set page[p]._refcount += 1
hold p
expect refcount-held p note

test ok-held-stack: a task that sleeps has it on its stack
pick p anon small refcount=1 mapcount=1
set page[p]._refcount += 1
hold p stack
expect nothing

test held-tail: somebody points to the last page of a large folio
pick p anon head order=9
set page[p]._refcount += 1
hold p+511
expect refcount-held p note

test stale-pointer: only a freed object has the pointer
pick p anon small refcount=1 mapcount=1
pick s slab cache=kmalloc-*6* free>=2
set page[p]._refcount += 1
set mem[freeobject(s,0)] = page_va(p)
expect refcount-extra p warning

# ---- many ----------------------------------------------------------------------------------------------------------------

test leak-many: three hundred pages with one reference too many are one finding
every p 300 anon small refcount=1 mapcount=1: page[p]._refcount += 1
also refcount-held
expect refcount-extra p warning

test leak-many-stale: freed objects of one sort have the pointers still
pick s slab cache=kmalloc-64 free>=2
every p 300 anon small refcount=1 mapcount=1 flag=anon_exclusive: page[p]._refcount += 1024
set mem[freeobject(s,0)] = page_va(p)
set mem[freeobject(s,1)] = page_va(p+1)
also refcount-held
expect refcount-extra
also pin-and-not-exclusive
also anon-exclusive-shared

test leak-many-file: pages of files, and one anonymous page
every p 35 file small refcount=1 mapcount=0 flag=!private flag=lru: page[p]._refcount += 1
pick q anon small refcount=1 mapcount=1
set page[q]._refcount += 2
expect refcount-extra q warning
expect refcount-extra warning

test ok-zeros-sent: a socket buffer sends the page of zeros, which is the kernel's nevertheless
pick p anon|file|shmem small held=socket-buffer
set mem[refslot(p,0)] = page_va(zero_pfn)
set page[p]._refcount -= 1
set page[zero_pfn]._refcount += 1
expect nothing
