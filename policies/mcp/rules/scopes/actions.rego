package mcp.rules.scopes

import data.mcp.lib.reason

block contains _action_outside if {
	allowed := data.scopes[input.server].actions
	_names_a_tool
	not _action in allowed
}

# METADATA
# title: Action outside the scope
# description: >-
#   `actions` are the words a tool's name may begin with: `get` allows get_issue and get-issue. It depends on the
#   name only, so the tool leaves the list as well.
# custom:
#   code: scopes.action
#   message: This server may not do that.
#   phases: [request, list]
_action_outside := reason.saying(
	rego.metadata.rule(),
	$"{input.server} may only {_scope.actions}; {input.tool} begins with none of these.",
)

block contains _action_denied(verb) if {
	some verb in data.scopes[input.server].deny_actions
	_names_a_tool
	_does(lower(verb))
}

# METADATA
# title: Denied action
# description: >-
#   `deny_actions` are words no tool's name may begin with or hold as a word of its own: `delete` denies
#   delete_branch, deleteBranch, bulk-delete and branchDelete.
# custom:
#   code: scopes.denied_action
#   message: This action is denied.
#   phases: [request, list]
_action_denied(verb) := reason.saying(
	rego.metadata.rule(),
	$"{verb} is denied on {input.server}, and {input.tool} says it does that. Leave it to a person.",
)

_names_a_tool if {
	input.phase in ["request", "list"]
	input.tool
}

_action := _words[0]

_words := split(_underscored, "_")

_underscored := replace(replace(replace(lower(input.tool), "-", "_"), ".", "_"), "/", "_")

_does(verb) if startswith(_underscored, verb)

_does(verb) if verb in _words

_does(verb) if contains(input.tool, $"{upper(substring(verb, 0, 1))}{substring(verb, 1, -1)}")
