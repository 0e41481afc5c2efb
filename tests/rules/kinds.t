# SPDX-License-Identifier: GPL-2.0-or-later
# Kinds of kernel memory that promise a reference count: src/rules/kinds.def.

test pt-page-refcount: put_page() on a page table
machines x86_64 aarch64 riscv64 s390x
pick p page-table small
set page[p]._refcount = 0
expect pt-page-refcount p error

test pt-page-refcount-plus: somebody holds on to a page table
kernels 6.1 6.12 7.3
pick p page-table small
set page[p]._refcount = 2
expect pt-page-refcount p error

test shared-table-references: references of a table that one process uses
kernels 5.10
pick p page-table small
set page[p]._refcount = 3
expect refcount-extra p warning

test offline-refcount: somebody holds on to a page of the balloon
pick p offline small
set page[p]._refcount = 5
expect offline-refcount p warning

test ok-offline-zero: an offline page on its way out
pick p offline small
set page[p]._refcount = 0
expect nothing

test frozen-kind-refcount: get_page() on a large kmalloc block
pick p large-kmalloc head
set page[p]._refcount = 1
expect frozen-kind-refcount p error

test frozen-kind-refcount-minus: put_page() on a large kmalloc block
pick p large-kmalloc head
set page[p]._refcount = -1
expect refcount-negative p error
expect frozen-kind-refcount p error follows
