# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of cloxxsctl in fish. What may follow, the program itself tells.
function __cloxxsctl_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l candidates (cloxxsctl complete -- $words[2..-1] 2>/dev/null)
    if test "$candidates[1]" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $candidates
    end
end
complete -c cloxxsctl -f -a '(__cloxxsctl_complete)'
