#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the installed library promises: its header is plain C and C++, each of
# its functions stands in a manual, the examples of the manuals compile and link
# with what gets installed, and nothing that was promised before has changed.
# shellcheck disable=SC2013 # names without blanks
set -eu
source=${CLOXXS_SRCDIR:?} build=${CLOXXS_BUILDDIR:?}
cc=${CC:-cc}
failed=0

if grep -q '^#define SANITIZED 1' "$build/config.h"; then
	echo 'skipped: built with a sanitizer'
	exit 77
fi
command -v nm >/dev/null || {
	echo 'skipped: nm is missing'
	exit 77
}
[ -e "$build/libcloxxs/.libs/libcloxxs.so" ] || {
	echo 'skipped: libcloxxs is not built'
	exit 77
}

fail() {
	echo "library: $*" >&2
	failed=1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
strict='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'

echo '#include "libcloxxs/cloxxs.h"' >"$scratch/header.c"
# shellcheck disable=SC2086 # lists of flags
$cc -std=c99 $strict -I"$source" -fsyntax-only "$scratch/header.c" ||
	fail "cloxxs.h is no plain C99"
# shellcheck disable=SC2086
if echo 'int main() {}' | $cc -x c++ -fsyntax-only - 2>/dev/null; then
	$cc -x c++ $strict -I"$source" -fsyntax-only "$scratch/header.c" ||
		fail "cloxxs.h is no C++"
fi

for symbol in $(sed -n 's/^	\(cloxxs_[a-z_]*\);$/\1/p' \
	"$source/libcloxxs/libcloxxs.map"); do
	grep -q "^\.Fn $symbol\|^\.Fo $symbol" "$source"/man/*.3 ||
		fail "$symbol is in no manual of section 3"
	grep -q "$symbol(" "$source/libcloxxs/cloxxs.h" ||
		fail "$symbol is not in cloxxs.h"
done
for constant in $(sed -n 's/^	\(CLOXXS_[A-Z_]*\)[, ].*/\1/p' \
	"$source/libcloxxs/cloxxs.h"); do
	grep -qw "Dv $constant" "$source"/man/*.3 ||
		fail "$constant is in no manual of section 3"
done

for page in "$source"/man/*.3; do
	awk '/^\.Sh EXAMPLES/ { inside = 1 } /^\.Ed/ { inside = on = 0 }
		on { print } inside && /^\.Bd -literal/ { on = 1 }' "$page" |
		sed 's/\\e/\\/g; s/\\&//g' >"$scratch/example.c"
	# shellcheck disable=SC2086
	$cc -std=gnu17 $strict -I"$source/libcloxxs" -o "$scratch/example" \
		"$scratch/example.c" "$build/libcloxxs/.libs/libcloxxs.so" ||
		fail "the example of $(basename "$page") cannot be built"
done

# What was promised, in one listing: versions of symbols, prototypes, values of
# constants, sizes of types that callers can see. A line is added, never taken
# away or changed.
declarations() {
	echo '#include "libcloxxs/cloxxs.h"' |
		$cc -E -P '-D__attribute__(x)=' -I"$source" -x c - |
		tr -s ' \t\n' '   ' | sed 's/[;{}]/&\n/g' | sed 's/^ *//' |
		grep 'cloxxs_' | grep -v '^}'
}
{
	nm -D --defined-only --with-symbol-versions \
		"$build/libcloxxs/.libs/libcloxxs.so" |
		awk '$2 != "A" { print "symbol", $2, $NF }'
	declarations | grep '(' | sed 's/ *( */(/; s/ *) */)/g; s/^/function /'
	{
		echo '#include <stdio.h>
#include "libcloxxs/cloxxs.h"
int main(void) {'
		for constant in $(grep -ow 'CLOXXS_[A-Z_]*' \
			"$source/libcloxxs/cloxxs.h" | sort -u |
			grep -vx 'CLOXXS_\(H\|API\|MUST_CHECK\)'); do
			echo "printf(\"constant $constant %d\", (int)$constant); puts(\"\");"
		done
		for type in $(declarations | sed -n 's/^enum \([a-z_]*\) {$/\1/p'); do
			echo "printf(\"size enum $type %zu\", sizeof(enum $type)); puts(\"\");"
		done
		echo 'return 0; }'
	} >"$scratch/constants.c"
	$cc -I"$source" -o "$scratch/constants" "$scratch/constants.c" &&
		"$scratch/constants"
} | LC_ALL=C sort >"$scratch/abi"
if ! diff -u "$source/libcloxxs/cloxxs.abi" "$scratch/abi"; then
	fail "libcloxxs/cloxxs.abi does not say what is there (-, +)"
fi
exit $failed
