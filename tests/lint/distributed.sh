#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each test of the installed programs, of the world and of the packages is named
# among the files that a distribution holds: what is forgotten there is in no
# tarball.
set -eu

src=${CLOXXS_SRCDIR:-.}
status=0
for file in "$src"/tests/system/*.py "$src"/tests/system/*.c \
	"$src"/tests/boot/*.py "$src"/tests/world/*; do
	name=${file#"$src"/}
	case $name in */__pycache__) continue ;; esac
	if ! grep -qF "$name" "$src/tests/Makemodule.am"; then
		echo "$name: is not named in tests/Makemodule.am" >&2
		status=1
	fi
done
exit "$status"
