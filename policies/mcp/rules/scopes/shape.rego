package mcp.rules.scopes

import data.mcp.lib.reason

_refusals contains _malformed(member) if {
	some member, value in _scope
	not _well_formed(member, value)
}

_refusals contains _malformed("…") if {
	scope := data.scopes[input.server]
	not _confines_something(scope)
}

block contains _malformed("…") if {
	input.phase == "request"
	scopes := data.scopes
	not is_object(scopes)
}

# METADATA
# title: Scope that cannot be read
# description: A misspelt `denny`, or a glob where a list belongs, would otherwise confine nothing.
# custom:
#   code: scopes.malformed
#   message: The scope of this server cannot be read.
#   phases: [request]
_malformed(member) := reason.saying(rego.metadata.rule(), concat("", [
	$"The policy data of this gate has scopes.{input.server}.{member}, which is not one of the lists a scope can ",
	"have. Whoever runs the gate has to correct it.",
]))

_confines_something(scope) if {
	is_object(scope)
	count(scope) > 0
}

_well_formed(member, value) if {
	is_array(value)
	_is_member(member)
}

# The common ones are compared one by one: a list, and more so a set, is built anew for every decision that asks.
_is_member(word) if {
	word == "read"
} else if {
	word == "write"
} else if {
	word == "deny"
} else if {
	word in [
		"delete", "operations", "deny_operations",
		"repos", "without_repo", "actions", "deny_actions",
	]
}
