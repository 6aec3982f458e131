#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The units give away no more than systemd rates 1.0, the one with a network 1.3,
# and name nothing that this systemd does not know.
set -eu
command -v systemd-analyze >/dev/null || {
	echo "systemd-analyze is missing (systemd)"
	exit 77
}
[ $# -gt 0 ] || set -- "${CLOXXS_BUILDDIR:?}/system/cloxxsd.service" \
	"${CLOXXS_BUILDDIR:?}/system/cloxxs-audit-confirm.service" \
	"${CLOXXS_BUILDDIR:?}/system/cloxxs-backup.service" \
	"${CLOXXS_BUILDDIR:?}/system/cloxxs-countries.service" \
	"${CLOXXS_BUILDDIR:?}/system/cloxxs-userdb.service"
for unit; do
	systemd-analyze security --offline=true --threshold=10 "$unit"
done
systemd-analyze security --offline=true --threshold=13 \
	"${CLOXXS_BUILDDIR:?}/system/cloxxs-courier.service"
