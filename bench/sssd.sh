#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What SSSD's look-ups cost beside ours, with the same loop, in one run: 10,000
# users in a file (libnss-extrausers) behind SSSD's proxy provider, first with
# nothing cached (cold: each asks the provider, which reads the file), then out
# of its memory cache (warm), then past that from its daemon, which has them all
# (socket). It runs in a copy-on-write root and private namespaces without a
# network: the host is not changed, not even by --with-sssd, which installs the
# Debian packages into that root alone. Exit status 77: something is missing.
set -eu

usage='usage: sssd.sh [--with-sssd] [--json] [--users N]'
packages='sssd-common sssd-proxy libnss-extrausers libnss-sss'
build=${CLOXXS_BUILDDIR:-.}
users=10000
install=
json=

skip() {
	echo "sssd.sh: skipped: $*" >&2
	exit 77
}

# ---- within the namespaces ------------------------------------------------

make_users() { # root
	mkdir -p "$1/var/lib/extrausers" "$1/etc/sssd"
	awk -v n="$users" 'BEGIN { for (i = 0; i < n; i++)
		printf "user%d:*:%d:%d::/home/0:/bin/bash\n",
			i, 66000 + i, 66000 + i }' \
		>"$1/var/lib/extrausers/passwd"
	awk -v n="$users" 'BEGIN { for (i = 0; i < n; i++)
		printf "user%d:*:%d:\n", i, 66000 + i }' \
		>"$1/var/lib/extrausers/group"
	cat >"$1/etc/sssd/sssd.conf" <<-'END'
		[sssd]
		services = nss
		domains = extra
		[nss]
		memcache_timeout = 3600
		[domain/extra]
		id_provider = proxy
		proxy_lib_name = extrausers
		auth_provider = none
		min_id = 66000
	END
	chmod 0600 "$1/etc/sssd/sssd.conf"
	rm -rf "$1/var/lib/sss/db" "$1/var/lib/sss/mc"
	mkdir -p "$1/var/lib/sss/db" "$1/var/lib/sss/mc" \
		"$1/var/lib/sss/pipes/private" "$1/var/log/sssd" "$1/run"
}

# The value of a row of bench_nss, in microseconds.
value() { # output row
	printf '%s\n' "$1" | awk -v row="$2" '$1 == row { print $2 }'
}

ask_sssd() { # lookups [VARIABLE=VALUE]
	lookups=$1
	shift
	env "$@" chroot "$root" /bench_nss --foreign --service sss \
		--module libnss_sss.so.2 --prefix user --users "$users" \
		--lookups "$lookups"
}

measure() {
	root=$1 module=$2
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
	mount -t tmpfs tmpfs "$root/run"
	make_users "$root"
	chroot "$root" /usr/sbin/sssd -i --logger=files &
	tries=0
	until chroot "$root" getent -s sss passwd user0 >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || {
			echo 'sssd.sh: SSSD does not answer' >&2
			exit 1
		}
		sleep 0.1
	done
	cold=$(ask_sssd 640 SSS_NSS_USE_MEMCACHE=NO)
	# Ten times each user, on the average: now all are in the cache.
	ask_sssd $((users * 10)) LC_ALL=C >/dev/null
	warm=$(ask_sssd 200000 LC_ALL=C)
	answered=$(ask_sssd 6400 SSS_NSS_USE_MEMCACHE=NO)
	ours=$("$root/bench_nss" --module "$module" --users "$users")
	ours=$(value "$ours" cloxxs.getpwnam)
	warm=$(value "$warm" sss.getpwnam)
	answered=$(value "$answered" sss.getpwnam)
	cold=$(value "$cold" sss.getpwnam)
	awk -v json="$json" -v answered="$answered" -v ours="$ours" -v warm="$warm" -v cold="$cold" '
	function row(name, value, unit) {
		if (json)
			printf "%s\n\t\"%s\": {\"value\": %.3f, \"unit\": \"%s\"}",
				n++ ? "," : "{", name, value, unit
		else
			printf "%-35s %12.3f %s\n", name, value, unit
	}
	BEGIN {
		row("cloxxs.getpwnam", ours, "us")
		row("sssd.warm", warm, "us")
		row("sssd.socket", answered, "us")
		row("sssd.cold", cold, "us")
		row("ratio.sssd-warm", warm / ours, "times")
		row("ratio.sssd-socket", answered / ours, "times")
		row("ratio.sssd-cold", cold / ours, "times")
		if (json)
			print "\n}"
	}'
	# The namespace goes, and all in it, with this its first process.
}

enter() { # the private mount namespace: a root to write in
	# Only this namespace sees what stands there now.
	scratch=/media
	mount -t tmpfs tmpfs "$scratch"
	mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
	mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" \
		"$scratch/root" || skip 'no overlay file system'
	root=$scratch/root
	if [ ! -x "$root/usr/sbin/sssd" ] || [ -n "$install" ]; then
		[ -n "$install" ] || skip 'SSSD is not installed (--with-sssd)'
		mount -t tmpfs tmpfs "$root/run"
		mount --bind /dev "$root/dev"
		mount -t proc proc "$root/proc"
		cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || :
		printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
		chmod 0755 "$root/usr/sbin/policy-rc.d"
		# shellcheck disable=SC2086
		chroot "$root" env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends $packages \
			>"$scratch/apt.log" 2>&1 || {
			tail -3 "$scratch/apt.log" >&2
			skip 'the packages cannot be installed'
		}
		umount "$root/proc" "$root/dev" "$root/run"
	fi
	# The build may stand on another file system than the root.
	cp "$(bench_program)" "$root/bench_nss"
	mkdir -p "$root/proc" "$root/dev" "$root/run"
	exec unshare --pid --fork --kill-child --net --mount \
		"$0" --measure "$root" "$users" "$json" \
		"$(realpath "$build/nss_cloxxs/.libs/libnss_cloxxs.so.2")"
}

bench_program() {
	for file in "$build/bench/.libs/bench_nss" "$build/bench/bench_nss"; do
		if [ -x "$file" ]; then
			realpath "$file"
			return
		fi
	done
}

if [ "${1-}" = --measure ]; then
	users=$3 json=$4
	measure "$2" "$5"
	exit
fi

entered=
while [ $# -gt 0 ]; do
	case $1 in
	--with-sssd) install=1 ;;
	--json) json=1 ;;
	--users)
		shift
		users=${1:?$usage}
		;;
	--entered) entered=1 ;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
	shift
done
[ "$(id -u)" -eq 0 ] || skip 'not root'
[ -n "$(bench_program)" ] || skip 'bench_nss is not built'
if [ -z "$entered" ]; then
	# shellcheck disable=SC2086
	exec unshare --mount --propagation private "$0" --entered \
		${install:+--with-sssd} ${json:+--json} --users "$users"
fi
enter
