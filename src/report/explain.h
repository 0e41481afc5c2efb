/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file explain.h  Areas of the rule catalogue. */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "rules/rule.h"

/** The area of memory management that a rule belongs to: "free pages". */
const char *rule_area(enum rule_id id);

#endif
