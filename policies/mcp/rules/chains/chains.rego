# METADATA
# title: Chains
# description: |
#   Calls that are harmless alone and not in a row. Each entry of `data.chain_rules` is an ordered pattern over the
#   caller's forwarded calls, ending in the call that is judged:
#       - { name: exfiltration, pattern: ["*__read_*", "slack__send_message"], action: require_approval, within_s: 600 }
#   action is block or require_approval; within_s is optional; message, approvers and ttl_s may be added.
package mcp.rules.chains

import data.mcp.lib.chain
import data.mcp.lib.reason

# Most gates have no chain rules; then this is all that is asked.
block contains reason if {
	data.chain_rules != []
	some reason in _refusals
}

_refusals contains _blocked(rule) if {
	some rule in _completed
	rule.action == "block"
}

# METADATA
# title: Chain that is blocked
# custom:
#   code: chains.blocked
#   message: This call would complete a chain that is not allowed.
#   phases: [request]
_blocked(rule) := reason.saying(rego.metadata.rule(), object.get(rule, "message", concat("", [
	$"After {_before(rule)}, {input.name} is not allowed ({rule.name}). What was called cannot be undone: finish ",
	"without this call, or ask whoever runs the gate.",
])))

require_approval contains object.union(_needs_approval(rule), object.filter(rule, ["approvers", "ttl_s"])) if {
	data.chain_rules != []
	some rule in _completed
	rule.action == "require_approval"
}

# METADATA
# title: Chain that needs a person
# custom:
#   code: chains.needs_approval
#   message: This call would complete a chain that needs a person's yes.
#   phases: [request]
_needs_approval(rule) := reason.saying(
	rego.metadata.rule(),
	object.get(rule, "message", $"After {_before(rule)}, {input.name} needs a person's yes ({rule.name})."),
)

_refusals contains _unknown if {
	some _ in _ending_here
	not _history_known
}

# METADATA
# title: History that could not be seen
# custom:
#   code: chains.unknown
#   message: The gate does not know what was called before, and this call could complete a chain. Try again later.
#   phases: [request]
_unknown := reason.of(rego.metadata.rule())

_refusals contains _malformed if {
	_calls_a_tool
	some rule in data.chain_rules
	not _well_formed(rule)
}

_refusals contains _malformed if {
	_calls_a_tool
	rules := data.chain_rules
	not is_array(rules)
}

# METADATA
# title: Chain rule that cannot be read
# custom:
#   code: chains.malformed
#   message: >-
#     A chain rule in the policy data of this gate cannot be read: it needs name, pattern (2 to 6 globs) and action
#     (block or require_approval). Whoever runs the gate has to correct it.
#   phases: [request]
_malformed := reason.of(rego.metadata.rule())

_calls_a_tool if {
	input.phase == "request"
	input.method == "tools/call"
}

_completed contains rule if {
	some rule in _ending_here
	chain.sequence_within(rule.pattern, object.get(rule, "within_s", 1000000000))
}

_ending_here contains rule if {
	_calls_a_tool
	some rule in data.chain_rules
	chain.ends_here(rule.pattern)
}

_history_known if {
	is_array(input.history.calls)
	not _history_unknown
}

_history_unknown if "history" in input.unknown

_before(rule) := array.slice(rule.pattern, 0, count(rule.pattern) - 1)

_well_formed(rule) if {
	rule.action in ["block", "require_approval"]
	is_array(rule.pattern)
	count(rule.pattern) > 1
	count(rule.pattern) < 7
	is_string(rule.name)
	is_number(object.get(rule, "within_s", 0))
}
