/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "panic", "kernel_log" and "taint" of the JSON report's kernel. */
#include "report/json.h"

#include <inttypes.h>

static struct json_object *json_line(struct out *out, const struct report_log_line *l)
{
	struct json_object *o;
	char seconds[32];

	if (!l->text)
		return NULL;
	o = json_object_new_object();
	json_add_text(out, o, "text", l->text);
	snprintf(seconds, sizeof(seconds), "%" PRIu64 ".%06" PRIu64, l->nsec / 1000000000, l->nsec / 1000 % 1000000);
	json_add(o, "seconds", json_object_new_double_s((double)l->nsec * 1e-9, seconds));
	if (l->pfn != UINT64_MAX)
		json_add_number(o, "pfn", l->pfn);
	return o;
}

static void add_line(struct out *out, struct json_object *o, const char *name, const struct report_log_line *l)
{
	struct json_object *line = json_line(out, l);

	if (line)
		json_add(o, name, line);
}

/* null: the machine was running. */
static struct json_object *json_end(struct out *out, const struct report_panic *p)
{
	struct json_object *o, *task;

	if (p->end != END_PANIC)
		return NULL;
	o = json_object_new_object();
	add_line(out, o, "message", &p->message);
	add_line(out, o, "cause", &p->cause);
	add_line(out, o, "oops", &p->oops);
	if (p->cpu >= 0)
		json_add_number(o, "cpu", (uint64_t)p->cpu);
	if (p->task) {
		task = json_object_new_object();
		json_add(task, "pid", json_object_new_int64(p->pid));
		json_add_text(out, task, "comm", p->comm);
		json_add(task, "address", json_hex(p->task));
		json_add(o, "task", task);
	}
	return o;
}

static struct json_object *json_log(struct out *out, const struct report_panic *p)
{
	struct json_object *o = json_object_new_object(), *complaints = json_object_new_array();

	if (p->log_problem)
		json_add_text(out, o, "problem", p->log_problem);
	json_add_number(o, "records", p->log_records);
	json_add_number(o, "records_missing", p->log_missing);
	if (p->uptime >= 0)
		json_add_seconds(o, "last_seconds", p->uptime);
	if (p->end != END_PANIC) { /* what the machine survived */
		add_line(out, o, "cause", &p->cause);
		add_line(out, o, "oops", &p->oops);
	}
	for (size_t i = 0; i < p->nr_complaints; i++)
		json_object_array_add(complaints, json_line(out, &p->complaints[i]));
	json_add_number(o, "memory_lines", p->all_complaints);
	json_add(o, "memory", complaints);
	return o;
}

static struct json_object *json_taint(struct out *out, const struct report_kernel *k)
{
	struct json_object *o = json_object_new_object(), *flags = json_object_new_array();

	json_add(o, "mask", json_hex(k->taint_mask));
	for (size_t i = 0; i < k->nr_taints; i++) {
		const char letter[] = { k->taints[i].letter, '\0' };
		struct json_object *flag = json_object_new_object();

		json_add_text(out, flag, "letter", letter);
		json_add_text(out, flag, "meaning", k->taints[i].meaning);
		json_object_array_add(flags, flag);
	}
	json_add(o, "flags", flags);
	return o;
}

void json_panic(struct out *out, const struct report_kernel *k, struct json_object *o)
{
	static const char *const ends[] = { [END_UNKNOWN] = "unknown", [END_RUNNING] = "running", [END_PANIC] = "panic" };

	if (k->has_taint)
		json_add(o, "taint", json_taint(out, k));
	if (!k->panic)
		return;
	json_add_text(out, o, "end", ends[k->panic->end]);
	json_add(o, "panic", json_end(out, k->panic));
	json_add(o, "log", json_log(out, k->panic));
}
