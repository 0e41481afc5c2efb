#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Gate: every rule has a mutation record that makes it fire and a complete explanation, and doc/RULES.md is the
# catalogue as it is.
#
#   PAGEFSCK=./pagefsck tests/gates/check-rules.sh
#
# A record is a line "expect RULE-ID ..." in tests/rules/*.t; a line "untestable RULE-ID reason" there excuses the few
# rules that no bundled dump can break.
set -u
LC_ALL=C
export LC_ALL
case ${PAGEFSCK:-} in
*/*) PAGEFSCK=$(cd "$(dirname "$PAGEFSCK")" && pwd)/$(basename "$PAGEFSCK") ;; # before leaving this directory
esac
cd "$(dirname "$0")/../.." || exit 99

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
status=0

fail()
{
	echo "check-rules: $*"
	status=1
}

sed -n 's/^RULE([A-Z0-9_]*, "\([^"]*\)",.*/\1/p' src/rules/*.def | sort >"$tmp/ids"
[ -s "$tmp/ids" ] || fail "no rules found in src/rules/*.def"
for id in $(uniq -d "$tmp/ids"); do
	fail "$id: two rows have this id"
done

# Every rule fires in some mutation, and no record expects a rule that does not exist.
cat tests/rules/*.t 2>/dev/null | awk '
	$1 == "expect" && $2 != "nothing" && $2 != "any" { print $2 }
	$1 == "untestable" && NF > 3 { print $2 }' | sort -u >"$tmp/expected"
excused=$(cat tests/rules/*.t 2>/dev/null | awk '$1 == "untestable"' | wc -l)
[ "$excused" -le 2 ] || fail "$excused rules are called untestable"
for id in $(comm -23 "$tmp/ids" "$tmp/expected"); do
	fail "$id: no mutation record in tests/rules/*.t"
done
for id in $(comm -13 "$tmp/ids" "$tmp/expected"); do
	fail "$id: expected by a mutation record, but no rule has this id"
done

# Nothing left empty in a row.
grep -n '^[[:space:]]*""[,)]*$' src/rules/*.def && fail "empty text in a row"

# The document is what the binary says.
if [ -z "${PAGEFSCK:-}" ]; then
	fail "PAGEFSCK is not set: it names the pagefsck to ask for the catalogue"
elif ! "$PAGEFSCK" explain --format markdown >"$tmp/RULES.md"; then
	fail "$PAGEFSCK explain --format markdown failed"
elif ! diff -u doc/RULES.md "$tmp/RULES.md" >"$tmp/diff"; then
	head -20 "$tmp/diff"
	fail "doc/RULES.md differs from the catalogue; run: pagefsck explain --format markdown >doc/RULES.md"
fi

[ $status -ne 0 ] || echo "check-rules: $(wc -l <"$tmp/ids") rules, all with records and texts"
exit $status
