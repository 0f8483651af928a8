# METADATA
# title: Negated look-ups
# description: >-
#   OPA takes the arguments of a negated call out of the negation. `not startswith(input.args.path, "/work")` first wants
#   a path; without one the rule is silent, where its author meant it to refuse. `not member == "x"` is the exception.
package portcullis.checks.rules.negated_lookup

import data.portcullis.checks.ast

findings contains [rule.file, line, message, fix] if {
	some rule in ast.rules
	ast.closes(rule)
	some step in ast.steps(rule)
	step.negated
	some lookup in _escaping(step)
	not _always_there(lookup.text)
	not _asked_for(rule, step, lookup.text)
	line := lookup.line
	message := concat("", [
		$"{lookup.text} is looked up outside the negation: where it is missing the rule is silent, and what it ",
		"should refuse passes.",
	])
	fix := concat("", [
		"Say what is fine in a rule of its own and negate that: `not _fine`, with `_fine if …` holding this look-up.",
	])
}

# A call takes its arguments out; comparing for equality does not, but a look-up inside its brackets still goes out.
_escaping(step) := _inner(array.slice(step.terms, 1, count(step.terms))) if {
	is_array(step.terms)
	_compares(step)
} else := [lookup |
	some argument in array.slice(step.terms, 1, count(step.terms))
	some lookup in ast.references(argument)
	ast.is_lookup(lookup)
] if {
	is_array(step.terms)
} else := _inner(step.terms) if {
	step.terms.type == "ref"
}

_compares(step) if ast.path_text(step.terms[0].value) in {"equal", "eq"}

# Look-ups in the brackets of look-ups, and in calls.
_inner(node) := array.concat(
	[lookup |
		some outer in ast.references(node)
		some index, part in outer.node.value
		index > 0
		some lookup in ast.references(part)
		ast.is_lookup(lookup)
	],
	[lookup |
		some call in ast.calls(node)
		some argument in call.arguments
		some lookup in ast.references(argument)
		ast.is_lookup(lookup)
	],
)

# The host always writes these.
_always_there(text) if {
	text in {
		"input.phase", "input.method", "input.server", "input.direction", "input.transport", "input.protocol",
		"input.caller.subject", "input.caller.roles", "input.caller.permissions", "input.caller.auth",
		"input.caller.claims", "input.labels", "input.mode",
	}
}

_always_there(text) if {
	some name in input.data_names
	text == $"data.{name}"
}

# A rule that asks for the member outright is meant for frames that have it; a tool call always has a name.
_asked_for(rule, step, text) if {
	some other in ast.steps(rule)
	not other.negated
	other.index != step.index
	some lookup in ast.references(other)
	lookup.text == text
}

_asked_for(rule, _, text) if {
	text in {"input.tool", "input.name"}
	some comparison in ast.comparisons(rule.node.body)
	comparison.member == "input.method"
	comparison.value == "tools/call"
	not comparison.negated
}
