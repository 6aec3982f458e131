#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Holds the tree to its floors: who may include whom, where each third-party
# header lives, which calls are never made, and that headers stand alone.
# shellcheck disable=SC2044,SC2013 # no file of ours has a blank in its name
set -eu
cd "${CLOXXS_SRCDIR:?}"
failed=0

fail() {
	echo "layers: $*" >&2
	failed=1
}

# A folder, and the folders that its files may include from beside itself.
while read -r folder allowed; do
	[ -n "$folder" ] || continue
	for file in $(find "$folder" -name '*.[ch]'); do
		for include in $(sed -n \
			's/^#include "\([a-z_]*\)\/.*/\1/p' "$file" | sort -u); do
			case " $folder $allowed " in
			*" $include "*) ;;
			*) fail "$file: includes from $include/," \
				"which is not below $folder/" ;;
			esac
		done
	done
done <<'END'
base
conf base
policy base
libcloxxs base
varlink base
cloxxsd base conf policy varlink
courier base conf varlink
cloxxsctl base varlink
authorized_keys base libcloxxs
audit_confirm base varlink
pam_cloxxs base libcloxxs
nss_cloxxs base
END

# The same within the daemon, where a part must link without those above it.
while read -r folder allowed; do
	[ -n "$folder" ] || continue
	for include in $(grep -hoE '^#include "cloxxsd/[a-z_]+/' \
		"cloxxsd/$folder"/*.[ch] | sed 's/.*cloxxsd.//; s/.$//' |
		sort -u); do
		case " $folder $allowed " in
		*" $include "*) ;;
		*) fail "cloxxsd/$folder/ includes from cloxxsd/$include/," \
			"which is not below it" ;;
		esac
	done
done <<'END'
config
audit
geo
courier
state audit
alarm audit config
metrics audit config state
backup audit state
publish audit state
attempt audit config courier geo state
service alarm audit config courier geo metrics state attempt backup
daemon alarm audit config courier geo metrics state attempt publish backup service
offline audit config geo state attempt publish backup service
userdb service
END
[ "$(cd cloxxsd && echo */)" = \
	"alarm/ attempt/ audit/ backup/ config/ courier/ daemon/ geo/ metrics/ offline/ publish/ service/ state/ userdb/" ] ||
	fail "cloxxsd/ has a folder that stands on no floor"

# And within the tool, beside what lies in its own folder.
while read -r folder allowed; do
	[ -n "$folder" ] || continue
	for include in $(grep -hoE '^#include "cloxxsctl/[a-z_]+/' \
		"cloxxsctl/$folder"/*.[ch] | sed 's/.*cloxxsctl.//; s/.$//' |
		sort -u); do
		case " $folder $allowed " in
		*" $include "*) ;;
		*) fail "cloxxsctl/$folder/ includes from" \
			"cloxxsctl/$include/, which is not below it" ;;
		esac
	done
done <<'END'
audit
doctor
statement doctor
setup doctor
END
[ "$(cd cloxxsctl && echo */)" = "audit/ doctor/ setup/ statement/" ] ||
	fail "cloxxsctl/ has a folder that stands on no floor"

# A header of others, and the folders that are its home.
while read -r header homes; do
	[ -n "$header" ] || continue
	for file in $(grep -rlE "#include <$header>" \
		base conf policy libcloxxs varlink cloxxsd courier cloxxsctl \
		authorized_keys audit_confirm pam_cloxxs nss_cloxxs || :); do
		inside=no
		for home in $homes; do
			case $file in "$home"*) inside=yes ;; esac
		done
		[ "$inside" = yes ] ||
			fail "$file: <$header> has its home in $homes"
	done
done <<'END'
sqlite3.h cloxxsd/state/
sodium.h cloxxsd/
curl/curl.h courier/
openssl/.* courier/certificate.c courier/digest.c courier/handshake.c
zlib.h courier/unpacker.c
jansson.h varlink/ courier/ audit_confirm/inquiry.c cloxxsctl/ cloxxsd/courier/ cloxxsd/service/ cloxxsd/offline/ cloxxsd/userdb/ cloxxsd/main.c
maxminddb.h cloxxsd/geo/
liboath/oath.h cloxxsd/attempt/totp.c
pwquality.h cloxxsd/attempt/password_pattern.c
crypt.h cloxxsd/attempt/foreign_hash.c
crack.h cloxxsd/attempt/dictionary.c
uninorm.h cloxxsd/attempt/password_rules.c
unictype.h courier/certificate.c
unistr.h cloxxsd/attempt/password_rules.c courier/certificate.c
security/.* pam_cloxxs/
sys/acl.h cloxxsd/publish/acl.c
nss.h nss_cloxxs/
libaudit.h cloxxsctl/kernel_audit.c
systemd/sd-journal.h courier/log.c cloxxsd/publish/journal cloxxsctl/audit/ audit_confirm/reader.c
systemd/sd-event.h varlink/ cloxxsd/ courier/
END

# Calls that are never made: where, the pattern, why.
while IFS='%' read -r where pattern why; do
	[ -n "$where" ] || continue
	# shellcheck disable=SC2086 # a list of folders
	hits=$(grep -rnE --include='*.[ch]' "(^|[^a-z_])($pattern) *\(" \
		$where | grep -vE '^[^:]*:[0-9]*:[[:space:]]*(/?\*|//)' || :)
	[ -z "$hits" ] || fail "$why:
$hits"
done <<'END'
base conf policy libcloxxs varlink cloxxsd courier cloxxsctl authorized_keys audit_confirm pam_cloxxs nss_cloxxs%system|popen%no shell is ever started
base conf policy libcloxxs varlink cloxxsd courier cloxxsctl authorized_keys audit_confirm pam_cloxxs nss_cloxxs%(str(n)?c(py|at)|v?sprintf|gets|strtok|atoi|tmpnam|mktemp)%unbounded or silent
cloxxsd conf policy varlink%(getpw|getgr|getsp|initgroups|getaddrinfo|gethostby|getlogin)[a-z_]*%the daemon never looks a name up
pam_cloxxs nss_cloxxs libcloxxs base%(getenv|setenv|putenv|signal|sigaction|setlocale|chdir|umask|printf|puts)%a module leaves its host alone
pam_cloxxs nss_cloxxs%(getaddrinfo|gethostby[a-z_]*|getnameinfo)%no name is resolved
cloxxsd%crypto_pwhash_str_verify%it takes a lack of memory for a wrong password
END

# Each header compiles alone.
flags="-D_GNU_SOURCE -std=gnu17 -fsyntax-only -Wall -I. -I${CLOXXS_BUILDDIR:?}"
libraries=$(pkg-config --cflags libsystemd libsodium sqlite3 jansson libcurl libssl libcrypto)
for header in $(find base conf policy libcloxxs varlink cloxxsd courier cloxxsctl \
	authorized_keys audit_confirm pam_cloxxs nss_cloxxs -name '*.h'); do
	# shellcheck disable=SC2086 # lists of flags
	echo "#include \"$header\"" |
		${CC:-cc} $flags $libraries -x c - ||
		fail "$header: does not compile alone"
done

# The first line names the licence.
for file in $(git ls-files '*.[ch]' '*.sh' '*.py' 2>/dev/null); do
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: ' ||
		fail "$file: names no licence"
done

# No half of a merge is left: what is served or installed is not all compiled.
hits=$(git grep -nE '^(<<<<<<<|>>>>>>>) ' 2>/dev/null || :)
[ -z "$hits" ] || fail "a merge was not ended:
$hits"
exit $failed
