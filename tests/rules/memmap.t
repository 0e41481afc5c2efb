# SPDX-License-Identifier: GPL-2.0-or-later
# The memmap itself, sections, zones, nodes: src/rules/memmap.def.

untestable page-section-matches no bundled kernel keeps section numbers in page flags (SPARSEMEM without VMEMMAP)

# ---- struct pages -----------------------------------------------------------------------------------------------------

test page-poisoned: a struct page that was never set up
pick p kernel small aligned>=1 next=kernel
fill page[p] 0xff
expect page-poisoned p error

test page-poisoned-free: all ones inside a free block
pick p buddy interior order>=4
fill page[p] 0xff
expect page-poisoned p error

test page-zone-matches: a free page says another zone
pick p anon small zone=DMA32 zonenr>=1
set page[p].flags ^= flagbit(zone)
expect page-zone-matches p error

test page-zone-matches-tail: a tail says another zone
pick p anon head order>=3 zone=DMA32 zonenr>=1
set page[p+4].flags ^= flagbit(zone)
expect page-zone-matches p+4 error

test page-zone-matches-reserved: the same on a page of the kernel image
pick p reserved small ram zone=DMA32 zonenr>=1
set page[p].flags ^= flagbit(zone)
expect page-zone-matches p error

test page-zone-none: a zone the machine does not have
pick p slab first zone=DMA32 zonenr>=1
set page[p].flags ^= flagtop(zone)
expect page-zone-matches p error

test page-node-matches: a node the machine does not have
pick p anon small
set page[p].flags ^= flagbit(node)
expect page-node-matches p error

test page-node-matches-high: the top bit of flags
pick p file|shmem small
set page[p].flags ^= flagtop(node)
expect page-node-matches p error

test ok-hole-zone: firmware holes may carry another zone
pick p reserved small zone=none
set page[p].flags ^= flagbit(zone)
expect nothing

test flags-undefined-bits: a bit of flags that this kernel does not use
needs UNUSED_FLAG_BITS
pick p anon small
set page[p].flags ^= UNUSED_FLAG
expect flags-undefined-bits p error

test flags-undefined-bits-5.10: the same on a kernel with several of them
kernels 5.10
pick p slab tail=1
set page[p].flags ^= 1 << 27
expect flags-undefined-bits p error

test ok-cpupid: the last CPU and process of a page are what they are
pick p anon small
set page[p].flags ^= flagbit(last_cpupid)
expect nothing

# ---- sections -----------------------------------------------------------------------------------------------------------

test section-map-decode: the pointer to the struct pages of a section
set section[0].section_mem_map += 0x10000000
expect section-map-decode error

test section-map-decode-fires: as above, whatever else it says
set section[0].section_mem_map += 0x10000000
expect section-map-decode error
also any

test section-flags-sane: a bit between the pointer and the states
set section[0].section_mem_map |= 1 << 9
expect section-flags-sane error

test section-flags-present: a section with struct pages that is not present
set section[0].section_mem_map &= ~1
expect section-flags-sane error

test subsection-map-covers: no part of a section added later is valid
machines x86_64 aarch64 riscv64 ppc64
set section[0].section_mem_map &= ~8
set object[section[0].usage].mem_section_usage.subsection_map[0] = 0
expect subsection-map-covers warning

test vmemmap-mapped: struct pages whose memory is gone
pick p slab first
set phys[leaf(page_va(p))] = NO_ENTRY
expect vmemmap-mapped error
also vmemmap-mapped

# ---- zones and nodes ------------------------------------------------------------------------------------------------------

test zone-spanned-present-managed: a balloon driver gave pages back twice
set zone[DMA32].managed_pages = zone[DMA32].present_pages + 100
expect zone-spanned-present-managed warning

test zone-name-node-back: zone_pgdat of a zone
set zone[DMA32].zone_pgdat ^= 0x1000
expect zone-name-node-back error

test zone-name: the name of a zone
set zone[DMA32].name = 0x1000
expect zone-name-node-back error

test pgdat-node-id: a node that says it is another
set node[0].node_id = 3
expect pgdat-node-id error

# ---- left out of the dump ---------------------------------------------------------------------------------------------------

test filtered-kernel-page: a page left out as user memory is a page table by its struct page
needs EXCLUDED_PAGES
pick p pcp-free|anon small excluded mapcount=0 entries=0
pick q page-table small
copy page[q] -> page[p]
expect filtered-kernel-page p warning follows
also any

test filtered-kernel-slab: a free page left out of the dump is a slab
needs EXCLUDED_PAGES
pick p pcp-free|anon small excluded entries=0
pick q slab small
copy page[q] -> page[p]
expect filtered-kernel-page p warning follows
also any
