# METADATA
# title: Effects
# description: |
#   Whether a call changes something, as far as a gate can tell: by what its paths and statements are used for, by the
#   words of its name, and by the server's own claims where they make it worse. What is not plainly reading changes.
package mcp.lib.effects

import data.mcp.lib.sql
import data.mcp.lib.words

# METADATA
# description: The call reads and does nothing else, by everything that is known of it.
reads_plainly if {
	words.begin(_reading)
	not words.say_any_of(_changing)
	not words.say_any_of(_destroying)
	not _touches
	not _claims_to_change
	not _unclear
}

# METADATA
# description: The call takes something away for good, or could.
destroys if words.say_any_of(_destroying)

destroys if {
	some fact in input.paths
	fact.op == "delete"
}

destroys if {
	some verb in sql.verbs
	verb in {"delete", "drop", "truncate", "alter"}
}

destroys if input.annotations.destructiveHint == true

_changing := concat("", [
	" write edit update create add set put post send insert append move rename copy upload commit push merge checkout",
	" apply run exec execute install enable disable start stop grant invite share publish pay transfer approve close",
	" lock ",
])

_destroying := concat("", [
	" delete remove drop destroy purge truncate wipe erase reset revoke kill terminate uninstall revert rollback",
	" overwrite force archive prune ",
])

_reading := concat("", [
	" read get list search find describe show view count status diff log open stat info query fetch lookup check",
	" convert directory git explain preview ",
])

_touches if {
	some fact in input.paths
	fact.op != "read"
}

_touches if {
	some verb in sql.verbs
	not verb in {"select", "explain", "with", "values", "show", "describe", "pragma"}
}

_claims_to_change if input.annotations.readOnlyHint == false

_claims_to_change if input.annotations.destructiveHint == true

_unclear if {
	some fact in input.unknown
	fact != "provenance"
}

_unclear if {
	some fact in input.sql
	not fact.parsed
}
