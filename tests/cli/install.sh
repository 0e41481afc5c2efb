#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# "make install": everything is there, a program finds the library with pkg-config and checks a bundled dump with it;
# "make uninstall" leaves nothing.
set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL
bad=0

wrong() {
	echo "$1"
	bad=1
}

# What this build calls a variable.
# shellcheck disable=SC2016 # make expands it
variable() {
	printf 'include Makefile\nprint-it:\n\t@echo $(%s)\n' "$1" >"$tmp/print.mk"
	make -s -f "$tmp/print.mk" print-it
}

[ -e Makefile ] || { echo "skip: not in a build folder"; exit 77; }
prefix=$(variable prefix)
make -s install DESTDIR="$tmp/root" >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
root=$tmp/root$prefix
for file in bin/pagefsck include/pagefsck/pagefsck.h share/man/man1/pagefsck-check.1 share/pagefsck/pagefsck.schema.json \
	share/bash-completion/completions/pagefsck share/zsh/site-functions/_pagefsck; do
	[ -s "$root/$file" ] || wrong "not installed: $file"
done

cat >"$tmp/program.c" <<'EOF'
#include <pagefsck/pagefsck.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct pagefsck_options opt = PAGEFSCK_OPTIONS_INIT;
	struct pagefsck_error *err;
	struct pagefsck *pf = NULL;

	if (argc < 3)
		return puts(pagefsck_version()) < 0;
	opt.debuginfo = argv[1];
	opt.no_cache = true;
	err = pagefsck_open(argv[2], &opt, &pf);
	if (!err)
		err = pagefsck_check(pf);
	if (err) {
		fprintf(stderr, "%s\n", pagefsck_error_text(err));
		pagefsck_error_free(err);
		pagefsck_close(pf);
		return 8;
	}
	for (size_t i = 0; i < pagefsck_nr_findings(pf); i++) {
		struct pagefsck_finding f;

		pagefsck_finding(pf, i, &f);
		printf("%s %s\n", f.rule, f.message);
	}
	pagefsck_close(pf);
	return 0;
}
EOF
PKG_CONFIG_SYSROOT_DIR=$tmp/root PKG_CONFIG_LIBDIR=$(find "$tmp/root" -type d -name pkgconfig)
export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR
libdir=$(dirname "$PKG_CONFIG_LIBDIR")
# shellcheck disable=SC2046 # lists of flags
$(variable CC) $(variable CFLAGS) -o "$tmp/program" "$tmp/program.c" $(pkg-config --cflags --libs pagefsck) -Wl,-rpath,"$libdir" ||
	wrong "a program does not build with the flags of pkg-config"
[ "pagefsck $("$tmp/program")" = "$("$root/bin/pagefsck" --version)" ] || wrong "library and program are of different versions"
[ "$(pkg-config --modversion pagefsck)" = "$("$tmp/program")" ] || wrong "pkg-config names another version"

if dumps=$("$srcdir/tests/dumps/unpack.sh" leaks/6.12); then
	dump=$dumps/leaks/6.12
	XDG_CACHE_HOME=$tmp "$root/bin/pagefsck" check --format json --no-debuginfod -d "$dump/vmlinux" "$dump"/dump.* |
		jq -r '.findings[] | .rule + " " + .message' >"$tmp/expected"
	"$tmp/program" "$dump/vmlinux" "$dump"/dump.* >"$tmp/found" || wrong "the library does not check $dump"
	[ -s "$tmp/found" ] || wrong "the library finds nothing"
	diff "$tmp/expected" "$tmp/found" || wrong "the library finds something else"
fi

make -s uninstall DESTDIR="$tmp/root" >"$tmp/log" 2>&1 || { cat "$tmp/log"; wrong "cannot be uninstalled"; }
left=$(find "$tmp/root" ! -type d)
[ -z "$left" ] || wrong "left behind: $left"
[ $bad = 0 ] && echo "ok"
exit $bad
