# SPDX-License-Identifier: GPL-2.0-or-later
# Damage as it happens: whole struct pages cleared, overwritten, exchanged.  One cause, many symptoms: one root.
# Zone and node of DMA pages are 0, so that a cleared struct page there still says the right ones.

# ---- cleared --------------------------------------------------------------------------------------------------------

test zeroed-anon: struct page of a mapped anonymous page
pick p anon small mapcount>=1 zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

test zeroed-file: of a page cache page
pick p file|shmem small zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

test zeroed-slab: of a slab
pick p slab small zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

test zeroed-slab-head: of the head of a slab
pick p slab head order>=2 zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

test zeroed-slab-tail: of a tail of a slab
pick p slab tail=2 order>=2 zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

test zeroed-slab-tail-first: of the first tail of a slab: order, number of pages and counters are gone
pick p slab tail=1 order>=2 zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

test zeroed-anon-tail: of a tail of a huge anonymous folio
pick p anon tail=77 order=9 zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

test zeroed-table: of a page table
pick p page-table small zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

test zeroed-table-dma: of a page table in the first zone
pick p page-table small zone=DMA
zero page[p]
expect pt-page-typed p error

test zeroed-buddy-head: of the first page of a free block
pick p buddy first order=3 zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error
also frozen-run

test zeroed-buddy-interior: of a page inside a free block
pick p buddy interior order>=4 zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

test zeroed-buddy-interior-dma: of a page inside a free block in the first zone
pick p buddy interior order>=4 zone=DMA
zero page[p]
expect free-mapcount p error

test zeroed-pcp: of a page on a per-CPU list: the list is cut
pick p pcp-free first order=0 zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error
also any

test zeroed-kernel: of a page of the kernel
pick p kernel small zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error
also frozen-run

test zeroed-reserved: of a page of the kernel image
pick p reserved small ram zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

test zeroed-hugetlb: of the head of a huge page
pick p hugetlb head order=9 zone=DMA32 zonenr>=1
zero page[p]
expect page-zone-matches p error

# ---- many at once: one root for the block ----------------------------------------------------------------------------

test zeroed-frame: 64 pages at once, the memmap of 256 KiB
pick p anon small zone=DMA32 aligned>=6
zero page[p] count=64
expect memmap-overwritten p error

test zeroed-frame-first-zone: in the first zone no bits of flags tell
pick p buddy interior order>=7 zone=DMA aligned>=6
zero page[p] count=64
expect memmap-overwritten p error

test zeroed-few: five neighbours, as a memset() with a wrong length leaves them
pick p anon small zone=DMA32 next=anon
zero page[p] count=5
expect memmap-overwritten p error

test ones-frame: 64 pages of ones
pick p anon|file|slab|kernel|page-table small aligned>=6
fill page[p] 0xff count=64
expect memmap-overwritten p error

test text-frame: 64 pages of text
pick p anon|shmem small zone=DMA32 aligned>=6
fill page[p] 0x41 count=64
expect memmap-overwritten p error

test random-frame: 64 pages of garbage
pick p anon|shmem small zone=DMA32 aligned>=6
random page[p] seed=21 count=64
expect memmap-overwritten p error

test random-slab-frame: over the memmap of slabs
pick p slab small zone=DMA32 aligned>=6
random page[p] seed=22 count=64
expect memmap-overwritten p error

test random-large-frame: over the inside of a huge folio
pick p anon tail=128 order=9
random page[p] seed=23 count=64
expect memmap-overwritten p error

# ---- all ones --------------------------------------------------------------------------------------------------------

test ones-anon: of a mapped anonymous page
pick p anon small mapcount>=1
fill page[p] 0xff
expect page-poisoned p error

test ones-slab: of a slab
pick p slab small
fill page[p] 0xff
expect page-poisoned p error

test ones-tail: of a tail
pick p anon tail=77 order=9
fill page[p] 0xff
expect page-poisoned p error

test ones-table: of a page table
pick p page-table small
fill page[p] 0xff
expect page-poisoned p error

# ---- overwritten -------------------------------------------------------------------------------------------------------

test random-anon: random bytes over an anonymous page
pick p anon small mapcount>=1
random page[p] seed=11
expect any p error
also hwpoison-count

test random-file: over a page cache page
pick p file|shmem small
random page[p] seed=12
expect any p error
also hwpoison-count

test random-slab: over a slab
pick p slab small
random page[p] seed=13
expect any p error
also hwpoison-count

test random-slab-head: over the head of a slab
pick p slab head order>=2
random page[p] seed=14
expect any p error
also hwpoison-count

test random-tail: over a tail
pick p anon tail=77 order=9
random page[p] seed=15
expect any p error
also hwpoison-count

test random-buddy: over a page inside a free block
pick p buddy interior order>=4
random page[p] seed=16
expect any p error
also hwpoison-count

test random-table: over a page table
pick p page-table small
random page[p] seed=17
expect any p error
also hwpoison-count

test random-kernel: over a page of the kernel
pick p kernel small
random page[p] seed=18
expect any p error
also hwpoison-count

test random-reserved: over a page of the kernel image
pick p reserved small ram
random page[p] seed=19
expect any p error
also hwpoison-count

test ascii-anon: a string over an anonymous page
pick p anon small mapcount>=1
fill page[p] 0x41
expect memmap-overwritten p error

test pattern-file: one struct page of a file under a memset()
pick p file small flag=!private nrpages>=8
fill page[p] 0x5a
expect memmap-overwritten p error

# ---- exchanged -----------------------------------------------------------------------------------------------------------

# Each struct page is sound by itself; only who maps the page (page tables), or the list it is on, can tell.
test swapped-anon: two anonymous pages
pick p anon small entries=1 refcount=1 next=anon flag=lru
pick q anon small entries=1 refcount=1 area=p flag=lru
swap page[p] page[q]
expect struct-page-misplaced error
also lru-links
also lru-flag-list

test swapped-neighbours: an anonymous page and the one behind it
pick p anon small entries=1 refcount=1 next=anon flag=lru
swap page[p] page[p+1]
expect struct-page-misplaced error
also lru-links
also lru-flag-list

test copied-anon: an anonymous page over another one
pick p anon small entries=1 refcount=1 flag=lru
pick q anon small entries=1 refcount=1 flag=lru
copy page[q] -> page[p]
expect struct-page-misplaced p error

test swapped-anon-slab: an anonymous page and a slab
pick p anon small entries=1
pick q slab small
swap page[p] page[q]
expect struct-page-misplaced error
also any

test swapped-file-buddy: a page inside a free block and a page of a file
pick p buddy interior order>=3 zone=DMA32
pick q shmem small entries>=1 flag=lru zone=DMA32
swap page[p] page[q]
expect struct-page-misplaced p error
expect buddy-interior-clean p error follows
also any

test swapped-head-tail: the head of a folio and its second tail
pick p slab head order>=2
swap page[p] page[p+2]
expect any error
also any

# ---- two owners ---------------------------------------------------------------------------------------------------------------

test double-free-anon: an anonymous page that was freed while it is mapped
pick p anon small mapcount=1
pick q buddy first order=0
set page[p].page_type = page[q].page_type
set page[p].private = 0
expect any p error

test freed-twice-slab: a slab of one page put on the free list by itself
kernels 5.10 6.1 6.12
pick p slab small zone=DMA32
pick q buddy first order=0 zone=DMA32
copy page[q] -> page[p]
expect any p error
also buddy-in-list p
also buddy-merge-complete

test use-after-free-table: a free page that is still used as a page table
pick p buddy interior order>=3 zone=DMA32
pick q page-table small zone=DMA32
copy page[q] -> page[p]
expect buddy-interior-clean p error

test slab-in-free-block: part of a free block is still used as a slab
pick p buddy first order=4 zone=DMA32
pick q slab small zone=DMA32
copy page[q] -> page[p+8]
expect buddy-interior-clean p+8 error
also filtered-kernel-page p+8
also frozen-run

test wrong-order-freed: four pages of a huge anonymous folio were freed by themselves
pick p anon head order=9
pick q buddy first order=2
copy page[q] -> page[p+128]
expect any p+128 error
also any
