/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file printk_old.h  The kernel log up to v5.9. */
#ifndef WALK_PRINTK_OLD_H
#define WALK_PRINTK_OLD_H

#include "walk/printk.h"

/** printk_walk() for kernels that have log_buf only; *ret_known: VMCOREINFO says where it is.  Records are counted from 0. */
struct error *printk_old_walk(const struct dump *d, struct kvmem *k, printk_fn fn, void *arg, struct printk_result *ret,
			      bool *ret_known) _must_check_;

#endif
