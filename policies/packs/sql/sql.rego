# METADATA
# title: SQL
# description: >-
#   Lets statements through that were understood and do only what is allowed; what could not be parsed is
#   refused.
# custom:
#   owasp: [MCP02, MCP05, MCP10]
#   settings:
#     allow: "Verbs that may run."
#     deny_tables: "Globs of tables nobody reads."
#     one_statement: "Refuse several statements in one argument."
package mcp.packs.sql

import data.mcp.lib.patterns
import data.mcp.lib.reason
import data.mcp.lib.settings
import data.mcp.lib.sql

block contains _verb(verb) if {
	input.phase == "request"
	some verb in sql.verbs
	not _allowed(verb)
}

# METADATA
# title: Kind of statement
# custom:
#   code: sql.verb
#   message: >-
#     That kind of statement may not run.
#   phases: [request]
_verb(verb) := reason.saying(
	rego.metadata.rule(),
	$"{verb} may not run here; {settings.of("sql", "allow")} may. Ask for the data another way, or leave it to a person.",
)

block contains _unclear if {
	input.phase == "request"
	count(input.sql) > 0
	not sql.clear
}

block contains _unclear if {
	input.phase == "request"
	"sql" in input.unknown
}

# METADATA
# title: Statement that was not understood
# custom:
#   code: sql.unclear
#   message: >-
#     The statement could not be parsed, so nothing can be said about what it does. Send one plain statement.
#   phases: [request]
_unclear := reason.of(rego.metadata.rule())

block contains _table(table) if {
	input.phase == "request"
	some fact in input.sql
	some table in fact.tables
	some pattern in settings.of("sql", "deny_tables")
	not patterns.clear_of(lower(pattern), lower(table))
}

# METADATA
# title: Denied table
# custom:
#   code: sql.table
#   message: >-
#     The table is not for agents.
#   phases: [request]
_table(table) := reason.saying(
	rego.metadata.rule(),
	$"{table} is not for agents to read or write.",
)

block contains _several if {
	input.phase == "request"
	some fact in input.sql
	count(fact.verbs) > 1
	settings.of("sql", "one_statement")
	_separated(fact)
}

# METADATA
# title: Several statements in one
# custom:
#   code: sql.several
#   message: >-
#     Several statements stand in one argument. Send them one by one.
#   phases: [request]
_several := reason.of(rego.metadata.rule())

_allowed(verb) if {
	some allowed in settings.of("sql", "allow")
	lower(allowed) == verb
}

# More verbs than statements are nothing unusual: a WITH has one of its own.
_separated(fact) if {
	statement := object.get(input, split(trim_prefix(fact.at, "/"), "/"), "")
	contains(trim_right(statement, "; \t\r\n"), ";")
}
