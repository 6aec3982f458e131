# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# What ./demo and ./check do before anything of ours runs: Debian's packages,
# a scratch copy of the sources, a build, an installed tree or packages of our
# own. Sourced; the sourcing script sets src (the clone).

# To build; to run the daemon and the world; for the application in it; to test.
packages_build='autoconf automake gcc gettext libacl1-dev libaudit-dev libc6-dev libcmocka-dev libcrack2-dev
	libcrypt-dev libcurl4-openssl-dev
	libjansson-dev libmaxminddb-dev liboath-dev
	libpam0g-dev libpwquality-dev libqrencode-dev libsodium-dev libsqlite3-dev
	libssl-dev libsystemd-dev libtool libunistring-dev make pkgconf python3 zlib1g-dev'
packages_world='cracklib-runtime iproute2 libmaxmind-db-writer-perl login openssh-client openssh-server
	openssl passwd python3 python3-pexpect sudo systemd'
packages_app='gunicorn nginx python3-flask'
packages_browser='chromium chromium-driver fonts-dejavu-core python3-selenium'
packages_check='binutils clang cron fish lintian lsof mandoc nftables oathtool pamtester python3-pytest shellcheck systemd-journal-remote systemd-userdbd uidmap xz-utils zsh'
# For whoever watches.
packages_check="$packages_check fail2ban prometheus python3-prometheus-client python3-yaml"
# To make packages; to boot them. From Debian 13 on it stands in a package of
# its own where units lie.
packages_deb='build-essential debhelper dh-nss dpkg-dev'
# shellcheck disable=SC1091
case $(. /etc/os-release && echo "${VERSION_ID-}") in
12) ;;
*) packages_deb="$packages_deb systemd-dev" ;;
esac
packages_boot='debootstrap systemd-container'
# Servers that the world alone runs: unpacked there, for installed they would start,
# and a mail server take the place of another.
packages_others='exim4-daemon-light kannel kannel-extras postfix'

# Prints what those need of libraries, which are installed; nothing where apt does
# not know.
packages_of_others() {
	# shellcheck disable=SC2086 # a list of words
	apt-cache depends --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances \
		$packages_others 2>/dev/null |
		sed -n 's/^  *|\{0,1\}\(Pre\)\{0,1\}Depends: \(lib[a-z0-9.+-]*\)$/\2/p' |
		sort -u | tr '\n' ' '
}

# Prints those of its arguments that are not installed, in one line.
packages_missing() {
	missing=
	for package in "$@"; do
		case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
		*' installed') ;;
		*) missing="$missing $package" ;;
		esac
	done
	echo "${missing# }"
}

packages_install() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update &&
		apt-get -qq install --yes --no-install-recommends \
			-o Dpkg::Options::=--force-confold "$@" || return
	# Servers that nobody had are for the world alone.
	[ -d /run/systemd/system ] || return 0
	for package in "$@"; do
		case $package in
		fail2ban | nginx | prometheus) systemctl --quiet disable --now "$package" ;;
		esac
	done
}

# Makes $scratch, which goes when the script ends.
scratch_make() {
	scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/cloxxs-$1.XXXXXX")
	trap 'rm -rf "$scratch"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# Copies the sources, as git knows them, to $scratch/src.
scratch_copy() {
	mkdir "$scratch/src"
	if git -c safe.directory='*' -C "$src" ls-files -z -co \
		--exclude-standard >"$scratch/files" 2>/dev/null; then
		# A file that was removed and not yet committed is no source.
		tar -C "$src" --null --ignore-failed-read -T "$scratch/files" \
			-cf - 2>/dev/null
	else
		tar -C "$src" --exclude=./.git -cf - .
	fi | tar -C "$scratch/src" -xf -
}

# Makes Debian's packages, in $scratch. They are not tested.
scratch_packages() {
	cd "$scratch/src" &&
		DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc)" \
			dpkg-buildpackage -b -us -uc
}

# Unpacks the servers of the world below the directory; fails where they cannot be
# fetched.
scratch_others() {
	# shellcheck disable=SC2086
	mkdir "$scratch/fetched" &&
		cd "$scratch/fetched" &&
		apt-get -qq download $packages_others || return
	for file in *.deb; do
		dpkg-deb --fsys-tarfile "$file" | tar -x -C "$1" ./usr || return
	done
}

# Builds in $scratch/build and installs below $scratch/dest.
scratch_build() {
	libdir=/usr/lib/$(gcc -print-multiarch)
	(cd "$scratch/src" && ./bootstrap) &&
		mkdir "$scratch/build" &&
		cd "$scratch/build" &&
		"$scratch/src/configure" --prefix=/usr --sysconfdir=/etc \
			--localstatedir=/var --libdir="$libdir" "$@" &&
		make -j"$(nproc)" &&
		make install DESTDIR="$scratch/dest"
}
