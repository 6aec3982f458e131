#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What is loaded into sshd, sudo, everyone's ls and applications shows the names that its
# version script says, all of those, and brings no library along but these.
set -u
build=${CLOXXS_BUILDDIR:-.}
source=${CLOXXS_SRCDIR:-.}

# module | version script | needed libraries | entry points
rows='
nss_cloxxs/libnss_cloxxs.so.2|nss_cloxxs/libnss_cloxxs.map|libc.so.6|
	_nss_cloxxs_getpwnam_r _nss_cloxxs_getpwuid_r
	_nss_cloxxs_setpwent _nss_cloxxs_getpwent_r _nss_cloxxs_endpwent
	_nss_cloxxs_getgrnam_r _nss_cloxxs_getgrgid_r
	_nss_cloxxs_setgrent _nss_cloxxs_getgrent_r _nss_cloxxs_endgrent
	_nss_cloxxs_initgroups_dyn;
pam_cloxxs/pam_cloxxs.so|pam_cloxxs/pam_cloxxs.map|libc.so.6 libpam.so.0|
	pam_sm_authenticate pam_sm_setcred pam_sm_acct_mgmt
	pam_sm_chauthtok pam_sm_open_session pam_sm_close_session;
libcloxxs/libcloxxs.so.0|libcloxxs/libcloxxs.map|libc.so.6|
	cloxxs_access_check cloxxs_access_free cloxxs_access_new
	cloxxs_access_projects cloxxs_access_rights cloxxs_access_set_directory
	cloxxs_audit_free cloxxs_audit_new cloxxs_audit_record
	cloxxs_audit_record_many
	cloxxs_audit_set_deadline cloxxs_audit_set_socket
	cloxxs_error_name cloxxs_login_account cloxxs_login_answer
	cloxxs_login_check_session cloxxs_login_close_session cloxxs_login_free cloxxs_login_get
	cloxxs_login_new cloxxs_login_open_session cloxxs_login_reference
	cloxxs_login_set cloxxs_login_set_deadlines cloxxs_login_start
	cloxxs_login_step cloxxs_login_text cloxxs_login_verdict;'

for tool in nm readelf; do
	if ! command -v "$tool" >/dev/null; then
		echo "skipped: $tool is missing"
		exit 77
	fi
done
if grep -q '^#define SANITIZED 1' "$build/config.h"; then
	echo 'skipped: a sanitizer brings libraries of its own'
	exit 77
fi

# words TEXT: one a line, sorted
words() {
	# shellcheck disable=SC2086
	printf '%s\n' $1 | sort
}

joined() {
	printf %s "$1" | tr '\n' ' '
}

same() { # what expected found
	[ "$2" = "$3" ] && return 0
	echo "FAIL: $module: $1"
	printf '  expected: %s\n  found:    %s\n' \
		"$(joined "$2")" "$(joined "$3")"
	failed=1
}

# The patterns between "global:" and "local:" or the end of a node.
patterns() {
	awk '{ gsub(/;/, " ")
		for (i = 1; i <= NF; i++)
			if ($i == "global:") on = 1
			else if ($i == "local:" || $i == "}") on = 0
			else if (on) print $i }' "$1"
}

shown_by() { # symbol patterns
	for pattern in $2; do
		# shellcheck disable=SC2254
		case $1 in $pattern) return 0 ;; esac
	done
	return 1
}

failed=0
checked=0
check() {
	module=$1 script=$source/$2 libraries=$3 entries=$4
	file=$build/${module%/*}/.libs/${module##*/}
	if [ ! -e "$file" ]; then
		echo "not built: $module"
		return
	fi
	checked=$((checked + 1))
	symbols=$(nm -D --defined-only "$file" | awk '$2 != "A" { sub(/@.*/, "", $NF); print $NF }')
	same 'entry points' "$(words "$entries")" "$(words "$symbols")"
	set -f
	globals=$(patterns "$script")
	for symbol in $symbols; do
		shown_by "$symbol" "$globals" && continue
		echo "FAIL: $module: $symbol is not in $2"
		failed=1
	done
	set +f
	needed=$(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
	same 'needed libraries' "$(words "$libraries")" "$(words "$needed")"
}

while IFS='|' read -r module script libraries entries; do
	[ -n "$module" ] && check "$module" "$script" "$libraries" "$entries"
done <<END
$(printf '%s' "$rows" | tr -s '\n\t' '  ' | tr ';' '\n' | sed 's/^ *//')
END

# sshd runs it for everybody who comes.
module=authorized_keys/cloxxs-authorized-keys
if [ -e "$build/$module" ]; then
	same 'needed libraries' libc.so.6 "$(readelf -d "$build/$module" |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')"
else
	echo "not built: $module"
fi

if [ "$checked" -eq 0 ]; then
	echo 'skipped: no module is built'
	exit 77
fi
exit "$failed"
