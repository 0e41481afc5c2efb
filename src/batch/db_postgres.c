/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store on a server.  libpq draws some twenty libraries into a program, so it is loaded when such a store is asked for. */
#include "config.h"

#include "batch/db.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"
#include "batch/child.h"

enum { MAX_VALUES = 64, MAX_COLUMNS = 64, NUMBER_SIZE = 32, LOOK_MS = 100 };

/* Seconds that a server may take for a statement beside what it waits for. */
static const double GRACE = 5;

#define LIBPQ_SONAME "libpq.so.5"

#define LIBPQ_FUNCTIONS(X) \
	X(clear) X(connectdbParams) X(consumeInput) X(errorMessage) X(finish) X(getResult) X(getisnull) X(getvalue) X(isBusy) \
	X(nfields) X(ntuples) X(reset) X(resultErrorField) X(resultStatus) X(sendQuery) X(sendQueryParams) \
	X(setNoticeProcessor) X(socket) X(status)

struct libpq {
	void *library;
#define MEMBER(name) __typeof__(&PQ##name) name;
	LIBPQ_FUNCTIONS(MEMBER)
#undef MEMBER
};

struct postgres_state {
	struct libpq pq;
	PGconn *conn;
	const struct patience *patience;
	bool failed; /* the last statement did */
	char sqlstate[6]; /* why, as the server says; "": it said nothing */
};

static struct error *libpq_load(struct libpq *pq)
{
	const char *why;
	bool all = true;

	pq->library = library_load(LIBPQ_SONAME, &why);
	if (!pq->library)
		return error_new("%s; install libpq (Debian: package libpq5), or name a file with --db", why);
#define FIND(name) all = library_function(pq->library, "PQ" #name, &pq->name, sizeof(pq->name)) && all;
	LIBPQ_FUNCTIONS(FIND)
#undef FIND
	return all ? NULL : error_new(LIBPQ_SONAME " is not that of PostgreSQL; install its libpq (Debian: package libpq5)");
}

/* Of several lines the first says what it is; hints about SQL and servers follow. */
static struct error *postgres_error(const struct postgres_state *s)
{
	const char *words = s->pq.errorMessage(s->conn);
	int len = (int)strcspn(words, "\n");

	return len ? error_new("%.*s", len, words) : error_new("the server does not answer");
}

static void postgres_close(void *state)
{
	struct postgres_state *s = state;

	if (s->conn)
		s->pq.finish(s->conn);
	free(s);
}

static void be_silent(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

/* What to do, by the code that the standard gives to such an error. */
static const char *hint_of(const char *sqlstate)
{
	static const struct {
		char sqlstate[6];
		const char *hint;
	} hints[] = {
		{ "42501", "; let the user own the database (ALTER DATABASE ... OWNER TO ...)" },
		{ "53100", "; make room on the server and run the same command again: what is in the store stays" },
		{ "55P03", "; somebody else holds a lock on it (pg_stat_activity tells who), end that and run the same command again" },
		{ "25006", "; this server only follows another, name that one" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (!strcmp(hints[i].sqlstate, sqlstate))
			return hints[i].hint;
	return "";
}

/* What became of a statement. */
static struct error *take_answer(struct postgres_state *s, const PGresult *r)
{
	ExecStatusType status = s->pq.resultStatus(r);
	bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	const char *sqlstate = done ? NULL : s->pq.resultErrorField(r, PG_DIAG_SQLSTATE);
	struct error *err, *said;

	snprintf(s->sqlstate, sizeof(s->sqlstate), "%s", sqlstate ? sqlstate : "");
	s->failed = !done;
	if (done)
		return NULL;
	err = postgres_error(s);
	said = error_new("%s%s", error_text(err), hint_of(s->sqlstate));
	error_free(err);
	return said;
}

/* Until something can be taken; false: a server that hangs, which nobody waits for longer than for its locks. */
static bool wait_for_answer(struct postgres_state *s, double began)
{
	while (s->pq.isBusy(s->conn)) {
		struct pollfd p = { .fd = s->pq.socket(s->conn), .events = POLLIN };
		double seconds = child_clock() - began;

		if (seconds > s->patience->seconds + GRACE || (seconds > GRACE && told_to_end()))
			return false;
		if (poll(&p, 1, LOOK_MS) > 0 && !s->pq.consumeInput(s->conn))
			break;
	}
	return true;
}

/* What the server says to what was sent: the last of its answers, NULL when there is none. */
static PGresult *take_result(struct postgres_state *s, int sent)
{
	double began = child_clock();
	PGresult *last = NULL, *r;

	while (sent && wait_for_answer(s, began)) {
		r = s->pq.getResult(s->conn);
		if (!r)
			return last;
		s->pq.clear(last);
		last = r;
	}
	s->pq.clear(last);
	return NULL;
}

static struct error *postgres_script(void *state, const char *sql)
{
	struct postgres_state *s = state;
	PGresult *r = take_result(s, s->pq.sendQuery(s->conn, sql));
	struct error *err = take_answer(s, r);

	s->pq.clear(r);
	return err;
}

/*
 * The connection is gone, or the server ends it; or two transactions were in each other's way.  Not a statement that the server
 * refuses: it would for ever.
 */
static bool postgres_passes(void *state)
{
	static const char *const passing[] = { "08", "25P03", "40001", "40P01", "57P01", "57P02", "57P03" };
	const struct postgres_state *s = state;

	/* libpq may take some time to call such a connection bad: a statement that nobody answered is enough */
	if (s->failed && (!*s->sqlstate || s->pq.status(s->conn) != CONNECTION_OK))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(passing); i++)
		if (!strncmp(s->sqlstate, passing[i], strlen(passing[i])))
			return true;
	return false;
}

/*
 * Nobody waits for ever: for a lock as long as for all else, and others for us no longer, should this process be stopped or its
 * machine lost in the midst of a transaction.
 */
static struct error *prepare_session(struct postgres_state *s)
{
	double seconds = s->patience->seconds < 1 ? 1 : s->patience->seconds < 1e6 ? s->patience->seconds : 1e6;
	char sql[256];
	struct error *err = s->pq.status(s->conn) == CONNECTION_OK ? NULL : postgres_error(s);

	snprintf(sql, sizeof(sql),
		 "SET standard_conforming_strings = on; SET lock_timeout = '%.0fs'; SET idle_in_transaction_session_timeout = '60s'",
		 seconds);
	return err ? err : postgres_script(s, sql);
}

/* Seconds until a machine that does not answer counts as gone; what the address says goes before. */
static struct error *connect_to(struct postgres_state *s, const char *url)
{
	static const char *const names[] = { "connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count",
					     "tcp_user_timeout", "fallback_application_name", "dbname", "client_encoding", NULL };
	const char *values[] = { "10", "30", "10", "3", "60000", "pagefsck", url, "UTF8", NULL };

	s->conn = s->pq.connectdbParams(names, values, true);
	if (!s->conn)
		return &error_nomem;
	s->pq.setNoticeProcessor(s->conn, be_silent, NULL);
	return prepare_session(s);
}

static struct error *postgres_reconnect(void *state)
{
	struct postgres_state *s = state;

	s->pq.reset(s->conn);
	return prepare_session(s);
}

static struct error *postgres_open(const char *url, const struct patience *patience, void **ret_state)
{
	struct postgres_state *s = calloc(1, sizeof(*s));
	struct error *err = s ? libpq_load(&s->pq) : &error_nomem;

	if (!err) {
		s->patience = patience;
		err = connect_to(s, url);
	}
	if (err && s)
		postgres_close(s);
	if (!err)
		*ret_state = s;
	return err;
}

static const char *value_text(const struct db_value *v, char *buf)
{
	switch (v->type) {
	case DB_INT:
		snprintf(buf, NUMBER_SIZE, "%" PRId64, v->number);
		return buf;
	case DB_REAL:
		snprintf(buf, NUMBER_SIZE, "%.17g", v->real);
		return buf;
	case DB_TEXT:
		return v->text;
	case DB_NULL:
	default:
		return NULL;
	}
}

static struct error *give_rows(const struct libpq *pq, const PGresult *r, db_row_fn *row, void *arg)
{
	struct error *err = NULL;
	int nr = pq->nfields(r);

	for (int i = 0; i < pq->ntuples(r) && !err; i++) {
		const char *column[MAX_COLUMNS] = { NULL };

		for (int k = 0; k < nr && k < MAX_COLUMNS; k++)
			column[k] = pq->getisnull(r, i, k) ? NULL : pq->getvalue(r, i, k);
		err = row(arg, column);
	}
	return err;
}

static struct error *postgres_run(void *state, const char *sql, const struct db_value *values, unsigned nr, db_row_fn *row,
				  void *arg)
{
	char numbers[MAX_VALUES][NUMBER_SIZE];
	const char *text[MAX_VALUES];
	struct postgres_state *s = state;
	struct error *err;
	PGresult *r;

	if (nr > MAX_VALUES)
		return error_new("a statement with %u values", nr);
	for (unsigned i = 0; i < nr; i++)
		text[i] = value_text(&values[i], numbers[i]);
	r = take_result(s, s->pq.sendQueryParams(s->conn, sql, (int)nr, NULL, text, NULL, NULL, 0));
	err = take_answer(s, r);
	if (!err && row)
		err = give_rows(&s->pq, r, row, arg);
	s->pq.clear(r);
	return err;
}

const struct db_ops db_postgres = {
	.open = postgres_open,
	.close = postgres_close,
	.passes = postgres_passes,
	.reconnect = postgres_reconnect,
	.run = postgres_run,
	.script = postgres_script,
	.begin = "BEGIN",
	.serial = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
	.lock = "SELECT pg_advisory_xact_lock(7233174690)", /* any number that others do not use */
};
