# SPDX-License-Identifier: GPL-3.0-or-later
# Makes entries of a struct catalogue_entry[] of a catalogue as msgattrib writes
# it: its strings are C's. What is not one text and its translation (plurals,
# contexts) is refused. The entry without a text is the catalogue's header.

function end_entry() {
	if (source != "" && source != "\"\"")
		print "\t{ " source ",\n\t  " translation " },"
	source = translation = ""
}
/^msgid "/ {
	end_entry()
	part = "source"
	source = substr($0, 7)
	next
}
/^msgstr "/ {
	part = "translation"
	translation = substr($0, 8)
	next
}
/^"/ && part == "source" {
	source = source == "\"\"" ? $0 : source "\n\t  " $0
	next
}
/^"/ && part == "translation" {
	translation = translation == "\"\"" ? $0 : translation "\n\t  " $0
	next
}
/^#/ || /^$/ { next }
{
	print "line " NR ": not a text and its translation: " $0 >"/dev/stderr"
	failed = 1
	exit 1
}
END {
	if (!failed)
		end_entry()
}
