/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file signature.h  What the same bug has in common in any two dumps: the rule, the kind of page or object, and who holds it.
 *
 * Addresses, page frames, numbers and counts are left out.  The hash is written into stores that live for years: neither the
 * hash nor what goes into it changes.
 */
#ifndef RULES_SIGNATURE_H
#define RULES_SIGNATURE_H

#include "rules/finding.h"

/** 16 hexadecimal digits and a NUL. */
enum { SIGNATURE_SIZE = 17 };

struct signature {
	char id[SIGNATURE_SIZE];
	const char *kind; /**< of page, else of subject; static */
	char *holder;     /**< who holds it, its numbers replaced by '#'; "": nobody is named.  NULL: no memory */
};

/** The signature of a finding; false: no memory. */
bool signature_of(const struct finding *f, struct signature *ret);
void signature_deinit(struct signature *s);

#endif
