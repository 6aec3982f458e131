# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Completion of cloxxsctl in bash. What may follow, the program itself tells.
_cloxxsctl() {
	local line=${COMP_LINE:0:COMP_POINT} current candidate
	local -a words=()

	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=('')
	current=${words[-1]}
	COMPREPLY=()
	while IFS=$'\t' read -r candidate _; do
		if [[ $candidate == :files ]]; then
			compopt -o default
			return
		fi
		# readline takes "=" as the end of a word.
		[[ $current == *=* ]] && candidate=${candidate#*=}
		COMPREPLY+=("$candidate")
	done < <(cloxxsctl complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _cloxxsctl cloxxsctl
