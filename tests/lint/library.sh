#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the installed library promises: its header is plain C and C++, each of
# its functions stands in the manual, and the manual's example compiles and
# links with what gets installed.
# shellcheck disable=SC2013 # names without blanks
set -eu
source=${CLOXXS_SRCDIR:?} build=${CLOXXS_BUILDDIR:?}
cc=${CC:-cc}
page=$source/man/cloxxs_login.3
failed=0

if grep -q '^#define SANITIZED 1' "$build/config.h"; then
	echo 'skipped: built with a sanitizer'
	exit 77
fi
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
	grep -q "^\.Fn $symbol\|^\.Fo $symbol" "$page" ||
		fail "$symbol is not in cloxxs_login(3)"
	grep -q "$symbol(" "$source/libcloxxs/cloxxs.h" ||
		fail "$symbol is not in cloxxs.h"
done
for constant in $(sed -n 's/^	\(CLOXXS_[A-Z_]*\)[, ].*/\1/p' \
	"$source/libcloxxs/cloxxs.h"); do
	grep -qw "Dv $constant" "$page" ||
		fail "$constant is not in cloxxs_login(3)"
done

awk '/^\.Sh EXAMPLES/ { inside = 1 } /^\.Ed/ { inside = on = 0 }
	on { print } inside && /^\.Bd -literal/ { on = 1 }' "$page" |
	sed 's/\\e/\\/g; s/\\&//g' >"$scratch/example.c"
# shellcheck disable=SC2086
$cc -std=gnu17 $strict -I"$source/libcloxxs" -o "$scratch/example" \
	"$scratch/example.c" "$build/libcloxxs/.libs/libcloxxs.so" ||
	fail "the example of cloxxs_login(3) cannot be built"
exit $failed
