package mcp.rules.scopes

import data.mcp.lib.reason
import data.mcp.lib.sql

_refusals contains _sql_unclear if {
	count(input.sql) > 0
	_confines_sql
	not sql.clear
}

# METADATA
# title: Statement that was not understood
# custom:
#   code: scopes.sql_unclear
#   message: The statement could not be parsed, so nothing can be said about what it does. Send one plain statement.
#   phases: [request]
_sql_unclear := reason.of(rego.metadata.rule())

_refusals contains _operation(verb) if {
	count(input.sql) > 0
	_confines_sql
	allowed := {lower(operation) | some operation in _scope.operations}
	_scope.operations
	some verb in sql.verbs
	not verb in allowed
}

# METADATA
# title: Operation outside the scope
# custom:
#   code: scopes.operation
#   message: This server may not run that kind of statement.
#   phases: [request]
_operation(verb) := reason.saying(
	rego.metadata.rule(),
	$"{input.server} may not run {verb}; it may run {_scope.operations}.",
)

_refusals contains _denied_operation(verb) if {
	count(input.sql) > 0
	_confines_sql
	some denied in _scope.deny_operations
	some verb in sql.verbs
	lower(denied) == verb
}

# METADATA
# title: Denied operation
# custom:
#   code: scopes.denied_operation
#   message: This kind of statement is denied.
#   phases: [request]
_denied_operation(verb) := reason.saying(
	rego.metadata.rule(),
	$"{verb} is denied on {input.server}. Leave it to a person, or ask for the data another way.",
)

_confines_sql if _scope.operations

_confines_sql if _scope.deny_operations
