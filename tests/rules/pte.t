# SPDX-License-Identifier: GPL-2.0-or-later
# Entries of page tables: where they lead, what they permit, and the tables they are in.

untestable cont-bit-range no bundled dump is of an arm64 kernel

# ---- a page's entry leads to another page -----------------------------------------------------------------------------

test to-buddy-first: to the first page of a free block
pick p anon small entries=1
pick f buddy first order>=2
set pte[p] = entry_to(p, f)
expect pte-to-free-page f error
expect mapcount-recount-small p error follows

test to-buddy-interior: to a page inside a free block
pick p anon small entries=1
pick f buddy interior order>=3
set pte[p] = entry_to(p, f)
expect pte-to-free-page f error
expect mapcount-recount-small p error follows

test to-buddy-from-file: of a page of a file
pick p file small entries=1
pick f buddy interior order>=3
set pte[p] = entry_to(p, f)
expect pte-to-free-page f error
expect mapcount-recount-small p error follows

test to-buddy-from-shmem: of a page of shared memory
pick p shmem small entries=1
pick f buddy first order=0
set pte[p] = entry_to(p, f)
expect pte-to-free-page f error
expect mapcount-recount-small p error follows

test to-buddy-from-large: of a page of a large folio
pick p anon tail level=1 entries>=1
pick f buddy first order>=2
set pte[p] = entry_to(p, f)
expect pte-to-free-page f error
expect mapcount-recount-page p error follows

test to-buddy-from-ksm: of a page that KSM shares: nothing tells where it belongs
pick p ksm entries>=2
pick f buddy first order>=2
set pte[p] = entry_to(p, f)
expect pte-to-free-page f error
expect mapcount-recount-small p error

test to-pcp: to a page on a per-CPU list
pick p anon small entries=1
pick f pcp-free first order=0
set pte[p] = entry_to(p, f)
expect pte-to-free-page f error
expect mapcount-recount-small p error follows

test to-hugetlb-free: to a huge page in the pool
pick p anon small entries=1
pick f hugetlb-free head
set pte[p] = entry_to(p, f)
expect pte-to-free-page f error
expect mapcount-recount-small p error follows
also mapcount-recount-entire f

test to-slab: to a page of slab objects
pick p anon small entries=1
pick f slab small
set pte[p] = entry_to(p, f)
expect pte-to-slab-page f error
expect mapcount-recount-small p error follows

test to-slab-tail: into the middle of a slab
pick p file small entries=1
pick f slab tail=2
set pte[p] = entry_to(p, f)
expect pte-to-slab-page f error
expect mapcount-recount-small p error follows

test to-table: to a page table: its own
pick p anon small entries=1
set pte[p] = entry_to(p, table(p))
expect pte-to-pagetable table(p) error
expect mapcount-recount-small p error follows

test to-table-other: to a page table of another process
pick p anon small entries=1
pick f page-table small
set pte[p] = entry_to(p, f)
expect pte-to-pagetable f error
expect mapcount-recount-small p error follows

test to-kernel-page: to memory that the kernel has for itself
pick p anon small entries=1
pick f kernel small mapcount=0
set pte[p] = entry_to(p, f)
expect pte-nomapping f warning
expect mapcount-recount-small p error follows

test ok-driver-page: the fault handler of a driver handed it out, to an area that has no flag to say so
pick p kernel entries>=1 held=packet
set vma[p].vm_flags &= ~0x10000000
expect nothing

test to-reserved: to the kernel image
pick p anon small entries=1
pick f reserved
set pte[p] = entry_to(p, f)
expect pte-nomapping f warning
expect mapcount-recount-small p error follows

test to-vmemmap: to the memmap itself
pick p anon small entries=1
pick f vmemmap
set pte[p] = entry_to(p, f)
expect pte-to-kernel-page f error
expect mapcount-recount-small p error follows

test to-zsmalloc: to compressed pages
pick p anon small entries=1
pick f zsmalloc
set pte[p] = entry_to(p, f)
expect pte-to-kernel-page f error
expect mapcount-recount-small p error follows

test to-beyond-ram: one high bit flipped
pick p anon small entries=1
set pte[p] = entry_to(p, p | 1 << 33)
expect pte-pfn-valid error
expect mapcount-recount-small p error follows

test to-hole: a frame in a hole of memory
pick p file small entries=1
set pte[p] = entry_to(p, p | 1 << 26)
expect pte-pfn-valid error
expect mapcount-recount-small p error follows

test to-other-anon: to an anonymous page of another process
pick p anon small entries=1 vma=anonymous
pick q anon small entries=1 mm=!p vma=stack
set pte[p] = entry_to(p, q)
expect pte-mapping-vs-vma q error
expect mapcount-recount-small p error follows

test to-other-file: to a page of another file
pick p file small entries=1
pick q file small entries=1 area=!p
set pte[p] = entry_to(p, q)
expect pte-mapping-vs-vma q error
expect mapcount-recount-small p error follows

test to-same-area: to another page of the same area
pick p anon small entries=1
pick q anon small entries=1 area=p
set pte[p] = entry_to(p, q)
expect pte-index-vs-vma q error
expect mapcount-recount-small p error follows

test to-same-file: to another page of the same file
pick p file small entries=1
pick q file small area=p
set pte[p] = entry_to(p, q)
expect pte-index-vs-vma q error
expect mapcount-recount-small p error follows

test anon-to-file: an anonymous area leads to a page of a file
pick p anon small entries=1 vma=anonymous
pick q file small entries>=1
set pte[p] = entry_to(p, q)
expect pte-kind-vs-vma q error
expect mapcount-recount-small p error follows

test shmem-to-anon: shared memory leads to an anonymous page
pick p shmem small entries=1 vmaflag=shared
pick q anon small entries=1 mm=!p
set pte[p] = entry_to(p, q)
expect pte-kind-vs-vma q error
expect mapcount-recount-small p error follows

test file-to-anon: a private mapping that was never written leads to an anonymous page
pick p shmem|file small vma=file-private vmaflag=!write readonly
pick q anon small entries=1 mm=!p
set pte[p] = entry_to(p, q)
expect anon-page-vma-without-anon-vma q error
expect mapcount-recount-small p error follows

test swapped-entries: two entries of one area exchanged: no counter shows it
pick p anon small entries=1
pick q anon small entries=1 area=p
set pte[p] = entry_to(p, q)
set pte[q] = entry_to(q, p)
expect pte-index-vs-vma p error
expect pte-index-vs-vma q error

# ---- huge entries -----------------------------------------------------------------------------------------------------

test huge-to-small: a huge entry leads to small pages
pick p anon large level=2 entries=1
pick q kernel small aligned>=9
set pte[p] = entry_to(p, q)
expect pte-to-tail-wrong-order q error
expect mapcount-recount-entire p error follows

test huge-to-slab: to a slab
pick p anon large level=2 entries=1
pick q slab small aligned>=9
set pte[p] = entry_to(p, q)
expect pte-to-slab-page q error
expect mapcount-recount-entire p error follows

test huge-to-free: to a free block
pick p anon large level=2 entries=1
pick q buddy first aligned>=9
set pte[p] = entry_to(p, q)
expect pte-to-free-page q error
expect mapcount-recount-entire p error follows

test huge-to-hugetlb: a page of hugetlbfs is mapped by a small entry
pick p anon small entries=1
pick q hugetlb head
set pte[p] = entry_to(p, q)
expect pte-to-tail-wrong-order q error
expect mapcount-recount-small p error follows

test hugetlb-to-free: an entry of hugetlbfs leads to a free block
pick p hugetlb head entries=1
pick q buddy first aligned>=9
set pte[p] = entry_to(p, q)
expect pte-to-free-page q error
expect mapcount-recount-entire p error follows

test size-bit: the size bit in an entry that leads to a table
machines x86_64
pick p anon small entries=1
set pmd[p] |= 0x80
expect pte-entry-valid error
expect pt-page-detached table(p) error follows

# ---- cleared ----------------------------------------------------------------------------------------------------------

test cleared-anon: an entry is cleared, and nobody counts that
pick p anon small entries=1
set pte[p] = NO_ENTRY
expect mapcount-recount-small p error
also mm-rss

test cleared-cow: of a page that fork() left shared
pick p anon small mms>=2
set pte[p] = NO_ENTRY
expect mapcount-recount-small p error

test cleared-file: of a page of a file
pick p file small entries=1
set pte[p] = NO_ENTRY
expect mapcount-recount-small p error

test cleared-shmem: of a page of shared memory
pick p shmem small entries=1
set pte[p] = NO_ENTRY
expect mapcount-recount-small p error

test cleared-ksm: of a page that KSM shares
pick p ksm entries>=2
set pte[p] = NO_ENTRY
expect mapcount-recount-small p error
also mm-rss

test cleared-huge: of a huge page
pick p anon large level=2 entries=1
set pte[p] = NO_ENTRY
expect mapcount-recount-entire p error

test cleared-shmem-huge: of a huge page of shared memory
pick p shmem large level=2 entries=1
set pte[p] = NO_ENTRY
expect mapcount-recount-entire p error

test cleared-hugetlb: of hugetlbfs
pick p hugetlb large entries=1
set pte[p] = NO_ENTRY
also cont-bit-range
expect mapcount-recount-entire p error

test cleared-large: of a page of a large folio
pick p anon tail level=1 entries>=1
set pte[p] = NO_ENTRY
expect mapcount-recount-page p error

# ---- entries and areas -----------------------------------------------------------------------------------------------

test outside-area: an entry where no area is
pick p anon small entries=1 vma=stack
set phys[gap(p)] = pte[p]
expect pte-outside-vma p error

test outside-area-write-locked: somebody changes the areas
pick p anon small entries=1 vma=stack
set phys[gap(p)] = pte[p]
set mm[p].mmap_lock.count = 1
expect pte-outside-vma p warning
also mapcount-recount-small p

test wrong-index: index of an anonymous page
pick p anon small entries=1
set page[p].index += 1
expect pte-index-vs-vma p error

test wrong-index-file: of a page of a file
pick p file small entries>=1
set page[p].index ^= 0x10000
expect pte-index-vs-vma p error

test wrong-mapping: anon_vma of another process
pick p anon small entries=1 vma=anonymous
pick q anon small entries=1 mm=!p vma=stack
set page[p].mapping = page[q].mapping
expect pte-mapping-vs-vma p error

test wrong-mapping-file: mapping of another file
pick p file small entries>=1
pick q file small entries>=1 area=!p
if page[p].mapping ^ page[q].mapping
set page[p].mapping = page[q].mapping
expect pte-mapping-vs-vma p error

test no-anon-vma: the area's pointer to its anon_vma is gone
pick p anon small entries=1 vma=anonymous
set vma[p].anon_vma = 0
expect anon-page-vma-without-anon-vma error

test writable-private-file: a private mapping may write to the page cache
pick p file small vma=file-private readonly
set pte[p] = entry_with(p, userbit(write))
expect pte-writable-private-file p error

test ksm-writable: an entry of a page that KSM shares permits writing
pick p ksm entries>=2
set pte[p] = entry_with(p, userbit(write))
expect ksm-writable p error

test special-bit: in an entry of an ordinary page
pick p anon small entries=1
set pte[p] = entry_with(p, userbit(special))
expect pte-special-consistent warning
expect mapcount-recount-small p error follows

test user-bit: cleared
needs USER_BIT
pick p anon small entries=1
set pte[p] = entry_with(p, userbit(user))
expect pte-user-bit warning

test no-mapping: the page has lost its mapping, and is off the LRU
pick p file small entries=1 flag=!private
set page[p].mapping = 0
expect mapped-without-mapping p error
expect pte-nomapping p warning follows

# ---- freed while mapped -----------------------------------------------------------------------------------------------

test freed-to-buddy: the page became a free block
pick p anon small entries=1
set page[p].mapping = 0
set page[p]._refcount = 0
set page[p].private = 0
set page[p].flags &= ~(flag(lru) | flag(active) | flag(uptodate) | flag(dirty) | flag(swapbacked) | flag(referenced))
set page[p]._mapcount = type(buddy)
expect pte-to-free-page p error

test freed-to-nothing: the page was freed, and is on no list
pick p anon small entries=1
set page[p].mapping = 0
set page[p]._refcount = 0
set page[p]._mapcount = -1
set page[p].flags &= ~(flag(lru) | flag(active) | flag(uptodate) | flag(dirty) | flag(swapbacked) | flag(referenced))
expect pte-to-free-page p error

test freed-shared: a page of a file that many map
pick p shmem|file small mms>=3
set page[p].mapping = 0
set page[p]._refcount = 0
set page[p]._mapcount = -1
set page[p].flags &= ~(flag(lru) | flag(active) | flag(uptodate) | flag(dirty) | flag(referenced) | flag(private))
expect pte-to-free-page p error

test freed-to-slab: the page was given to the slab allocator
pick p anon small entries=1
pick q slab small
copy page[q] -> page[p]
expect pte-to-slab-page p error

# ---- entries that are not present --------------------------------------------------------------------------------------

test swap-type: there is no such swap device
set phys[swapent(0)] = swp(20, 5)
expect swap-entry-type error

test swap-offset: the slot is beyond the end of the device
set phys[swapent(0)] = swp(0, 0x7fffffff)
expect swap-entry-type error

test swap-present-bit: a mapping that lost its present bit
machines x86_64
pick p anon small entries=1
set pte[p] &= ~1
expect swap-entry-type error
expect mapcount-recount-small p error follows

test migration-unlocked: a migration entry to a page that is not locked
pick p anon small entries=1 flag=!locked
set pte[p] = swp(swptype(migration), p)
expect migration-entry-locked p error

test ok-migration: a page in migration
pick p anon small entries=1 flag=!locked flag=!anon_exclusive
set pte[p] = swp(swptype(migration), p)
set page[p]._mapcount = -1
set page[p].flags |= flag(locked)
hold p stack
expect nothing
also node-stat-anon-mapped

test device-private: device memory that is none
pick p anon small entries=1
set pte[p] = swp(swptype(device), p)
expect device-private-entry p warning

test ok-marker: a marker in an empty place
pick p anon small entries=1 vma=stack
set phys[empty(p)] = swp(swptype(marker), 1)
expect nothing

test marker-bits: a marker that says nothing
pick p anon small entries=1 vma=stack
set phys[empty(p)] = swp(swptype(marker), 0x100)
expect swap-entry-type error

test l1tf: a PROT_NONE entry with its frame number not inverted
machines x86_64
pick p anon small entries=1
set pte[p] = pte[p] & ~1 | 0x100
expect pte-protnone-l1tf error
expect mapcount-recount-small p error follows

test ok-protnone: one as it should be
machines x86_64
pick p anon small entries=1
set pte[p] = pte[p] ^ (bit(52) - 4096) & ~1 | 0x100
expect nothing

# ---- tables -----------------------------------------------------------------------------------------------------------

test table-type-lost: the struct page of a table says that it is none
pick p anon small entries=1
set page[table(p)]._mapcount = -1
expect pt-page-typed table(p) error

test table-freed: a table in use is a free block
pick p anon small entries=1
set page[table(p)]._mapcount = type(buddy)
set page[table(p)]._refcount = 0
set page[table(p)].private = 0
set page[table(p)].flags &= ~0xffff
expect pt-page-typed table(p) error

test table-twice: a page table is linked twice
pick p anon small entries=1
set phys[spare_pmd(p)] = pmd[p]
expect pt-page-shared table(p) error

test table-twice-pmd: a table of the second level is linked twice
pick p anon small entries=1
set phys[spare_pud(p)] = pud[p]
expect pt-page-shared upper(p) error

test table-of-other: a page table of another process is linked instead of the own one
machines x86_64 aarch64 riscv64 s390x
pick p anon small entries=1
pick q anon small entries=1 mm=!p
set pmd[p] = pmd[q]
expect pt-page-shared table(q) error
expect pt-page-detached table(p) error

test table-cleared: an upper-level entry is cleared
machines x86_64 aarch64 riscv64 s390x
pick p anon small entries=1
set pmd[p] = 0
expect pt-page-detached table(p) error

test table-beyond-ram: it leads beyond memory
pick p anon small entries=1
set pmd[p] = upper_to(p, table(p) | 1 << 33)
expect pt-entry-valid upper(p) error
expect pt-page-detached table(p) error follows

test table-bad-bits: it has lost its write bit
machines x86_64
pick p anon small entries=1
set pmd[p] &= ~2
expect pte-entry-valid error
expect pt-page-detached table(p) error follows

test kernel-table: a top-level entry leads to a table of the kernel
machines x86_64
pick p anon small entries=1
set mem[mm[p].pgd + 800] = mem[mm[p].pgd + 4088]
expect user-kernel-split error

test pgd-owner: the top-level table names another mm
needs PT_MM
pick p anon small entries=1
pick q anon small entries=1 mm=!p
set page[top(p)].pt_mm = mm(q)
expect pt-pgd-mm top(p) error

test share-count: a table of hugetlb counts a user that it has not
pick h hugetlb large level=2
set page[table(h)].pt_share_count = 1
expect pt-share-count table(h) warning

test share-count-refs: before there was such a count, users had references
kernels 5.10
pick h hugetlb large level=2
set page[table(h)]._refcount += 1
expect pt-share-count table(h) warning
