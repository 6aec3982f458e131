#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# abuse-137: each program and module is built so that a mistake in it is hard
# to use: position independent, its tables read-only before it runs, no stack
# that runs, no search path of its own.
set -eu
build=${CLOXXS_BUILDDIR:?}
failed=0 seen=0

if grep -q '^#define SANITIZED 1' "$build/config.h"; then
	echo "hardening: built with a sanitizer; skipped" >&2
	exit 77
fi

# check FILE WHAT PATTERN: a line of the report matches it, or none (!PATTERN)
check() {
	case $3 in
	!*) ! echo "$report" | grep -qE "${3#!}" ;;
	*) echo "$report" | grep -qE "$3" ;;
	esac || {
		echo "hardening: $1: $2" >&2
		failed=1
	}
}

for file in cloxxsd/cloxxsd cloxxsd/cloxxs-offline cloxxsd/cloxxs-userdb \
	courier/cloxxs-courier cloxxsctl/cloxxsctl \
	authorized_keys/cloxxs-authorized-keys audit_confirm/cloxxs-audit-confirm \
	pam_cloxxs/pam_cloxxs.so nss_cloxxs/libnss_cloxxs.so; do
	path=$build/$file
	[ -f "$path" ] || path=$build/${file%/*}/.libs/${file##*/}
	if [ ! -f "$path" ]; then
		for path in "$build/${file%/*}/.libs/${file##*/}"*; do
			[ -L "$path" ] || break
		done
	fi
	[ -f "$path" ] || {
		echo "hardening: $file is not built" >&2
		failed=1
		continue
	}
	seen=$((seen + 1))
	report=$(readelf -W --file-header --program-headers --dynamic --symbols \
		--dyn-syms "$path")
	check "$file" "is position independent" 'Type: +DYN'
	check "$file" "has read-only relocations" 'GNU_RELRO'
	check "$file" "binds at start" 'BIND_NOW|Flags:.*NOW'
	check "$file" "has no stack that runs" 'GNU_STACK.* RW '
	check "$file" "has no search path" '!(RPATH|RUNPATH)'
	check "$file" "has no text relocations" '!TEXTREL'
	check "$file" "guards its stack" '__stack_chk_fail'
	# The NSS module calls nothing that could be checked so.
	case $file in
	nss_cloxxs/*) ;;
	*) check "$file" "checks what it copies" '__[a-z]+_chk(@|$| )' ;;
	esac
done
[ "$seen" -gt 0 ] || failed=1
exit $failed
