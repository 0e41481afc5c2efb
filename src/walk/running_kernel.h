/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file running_kernel.h  Which of several texts of VMCOREINFO in memory is that of the kernel that ran. */
#ifndef WALK_RUNNING_KERNEL_H
#define WALK_RUNNING_KERNEL_H

#include "dump/dump.h"

/**
 * A kernel that was booted by kexec, or after a reset that keeps memory, has that of its predecessor in what is free,
 * and a dump without a note VMCOREINFO may hold both texts.  Choose the one by which memory makes sense: at its
 * init_uts_ns is the release it tells of, and what the processors had as stack pointers is mapped.  No choice, or a note:
 * nothing is done.  Error: more than one makes sense, or none.
 */
struct error *running_kernel_choose(struct dump *d) _must_check_;

#endif
