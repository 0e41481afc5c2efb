/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefsck explain: the rule catalogue. */
#include "cli/cmd.h"

#include <limits.h>

#include "base/strbuf.h"
#include "cli/options.h"

const struct command_spec explain_spec = {
	.args = "[RULE...]",
	.doc = "Explain the rules that RULE names (globs are fine): what the kernel promises, what usually breaks it, "
	       "when it is not a bug, and how to look further.  Without RULE: list all rules.",
	.groups = OPTIONS_MARKDOWN,
	.min_args = 0,
	.max_args = UINT_MAX,
};

/* The arguments as one comma-separated list; NULL when there are none. */
static struct error *join_args(const struct options *o, char **ret)
{
	struct strbuf b = { 0 };

	*ret = NULL;
	if (!o->nr_args)
		return NULL;
	for (unsigned i = 0; i < o->nr_args; i++)
		strbuf_printf(&b, "%s%s", i ? "," : "", o->args[i]);
	*ret = strbuf_take(&b);
	return *ret ? NULL : &error_nomem;
}

static struct error *explain(const struct options *o, const char *globs)
{
	struct report_options ro = options_report(o);

	switch (o->format) {
	case FORMAT_TEXT:
		return report_explain_text(globs, &ro, o->out.file);
	case FORMAT_JSON:
		return report_explain_json(globs, &ro, o->out.file);
	case FORMAT_MARKDOWN:
		return report_explain_markdown(o->out.file);
	case FORMAT_HTML: /* not offered */
		break;
	}
	return NULL;
}

int cmd_explain(int argc, char **argv)
{
	_cleanup_free_ char *globs = NULL;
	struct options o = { .extra = NULL };
	const char *unknown;
	char text[160];
	struct error *err;
	size_t len;

	options_parse(argc, argv, &explain_spec, &o);
	err = join_args(&o, &globs);
	if (err)
		return cli_fail(err);
	unknown = globs ? rule_glob_unknown(globs, &len) : NULL;
	if (unknown)
		return cli_fail(error_new("%s", options_unknown_rule(unknown, len, text, sizeof(text)))), EXIT_USAGE;
	if (globs && o.format == FORMAT_MARKDOWN)
		return cli_fail(error_new("markdown is for the whole catalogue")), EXIT_USAGE;
	err = options_open_output(&o);
	if (!err)
		err = output_blame(&o.out, explain(&o, globs));
	return cli_finish(&o, err, EXIT_CLEAN);
}
