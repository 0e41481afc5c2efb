/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options to a written report and an exit status. */
#include "cli/options.h"

#include "base/strbuf.h"

struct error *options_open_output(struct options *o)
{
	return output_open(&o->out, o->output);
}

struct report_options options_report(const struct options *o)
{
	return (struct report_options){
		.color = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && output_has_color(&o->out)),
		.width = output_width(&o->out),
		.max_findings = o->max_findings,
		.quiet = o->quiet,
		.verbose = o->verbose,
	};
}

struct error *options_write_report(const struct options *o, const struct report *r)
{
	struct report_options ro = options_report(o);

	struct error *(*write)(const struct report *, const struct report_options *, FILE *) =
		o->format == FORMAT_JSON ? report_json : o->format == FORMAT_HTML ? report_html : report_text;
	struct error *err = write(r, &ro, o->out.file);

	return output_blame(&o->out, err);
}

int cli_status(const struct options *o, const struct report *r)
{
	for (unsigned s = o->fail_on; s < NR_SEVERITIES; s++)
		if (findings_count(r->findings, (enum severity)s))
			return EXIT_FINDINGS;
	for (size_t i = 0; i < NR_RULES; i++)
		if (r->ledger->rule[i].dropped && rules[i].severity >= o->fail_on)
			return EXIT_FINDINGS;
	return EXIT_CLEAN;
}

int cli_fail(struct error *err)
{
	struct strbuf b = { 0 };
	_cleanup_free_ char *text = NULL;

	strbuf_add_untrusted(&b, error_text(err));
	text = strbuf_take(&b);
	fprintf(stderr, "pagefsck: %s\n", text ? text : "out of memory");
	error_free(err);
	return EXIT_OPERATIONAL;
}

int cli_finish(struct options *o, struct error *err, int status)
{
	if (!err && o->out.file)
		err = output_commit(&o->out);
	output_deinit(&o->out);
	return err ? cli_fail(err) : status;
}
