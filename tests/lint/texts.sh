#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each text that users are shown stands in each catalogue, translated, with the
# same arguments, and no catalogue has one that nothing shows any more.
set -u
cd "${CLOXXS_SRCDIR:?}" || exit 1
failed=0

for tool in msgattrib msgcmp msgfmt msgmerge xgettext; do
	if ! command -v "$tool" >/dev/null; then
		echo "skipped: $tool is missing (gettext)"
		exit 77
	fi
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
	echo "texts: $*" >&2
	failed=1
}

po/extract >"$scratch/cloxxs.pot" || fail "the texts cannot be extracted"
grep -q '^msgid ' "$scratch/cloxxs.pot" ||
	fail "no texts were found"
for catalogue in po/*.po; do
	msgfmt --check --output-file=/dev/null "$catalogue" ||
		fail "$catalogue: msgfmt --check finds something"
	msgcmp "$catalogue" "$scratch/cloxxs.pot" ||
		fail "$catalogue: a text is missing, untranslated or fuzzy:" \
			"see 'A text' in HACKING.md"
	grep '^#~' "$catalogue" && fail "$catalogue: holds texts of before"
	msgmerge --quiet --no-fuzzy-matching --output-file="$scratch/merged" \
		"$catalogue" "$scratch/cloxxs.pot" ||
		fail "$catalogue: cannot be merged"
	grep '^#~ msgid' "$scratch/merged" &&
		fail "$catalogue: a text is shown by nothing any more"
	# A new language is one that the build knows.
	grep -q "$catalogue" po/Makemodule.am ||
		fail "$catalogue: does not stand in po/Makemodule.am"
done
exit $failed
