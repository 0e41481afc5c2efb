/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file exit.h  Exit status, as fsck(8) has it. */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

enum exit_status {
	EXIT_CLEAN = 0,       /**< checked; nothing as bad as --fail-on asks */
	EXIT_FINDINGS = 4,    /**< at least one finding that bad */
	EXIT_OPERATIONAL = 8, /**< could not be checked, or the report could not be written */
	EXIT_USAGE = 16,      /**< the command line makes no sense */
};

#endif
