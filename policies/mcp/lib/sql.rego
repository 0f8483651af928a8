# METADATA
# title: SQL
# description: |
#   What the statements in the arguments do. Nothing here is true of a statement that could not be read:
#       block contains … if not sql.only(["select"])
package mcp.lib.sql

# METADATA
# description: >-
#   There is SQL, all of it was understood, and every verb in it is one of these. Untrue when there is none: guard
#   with the tool's name.
only(allowed) if {
	count(input.sql) > 0
	clear
	every fact in input.sql {
		every verb in fact.verbs {
			verb in allowed
		}
	}
}

# METADATA
# description: Every statement was understood, and the host could look at every argument that holds SQL.
clear if {
	not _unclear
	not "sql" in _unknown
}

# METADATA
# description: The verbs of all statements.
verbs contains verb if {
	some fact in input.sql
	some verb in fact.verbs
}

_unclear if {
	some fact in input.sql
	not _understood(fact)
}

_understood(fact) if {
	fact.parsed == true
	count(fact.verbs) > 0
}

_unknown contains fact if some fact in input.unknown
