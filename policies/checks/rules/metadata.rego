# METADATA
# title: Annotations
# description: >-
#   A refusal without a title, a code or a message cannot be told from another in the record, in a replay or by the
#   agent that reads it; two with one code neither.
package portcullis.checks.rules.metadata

import data.portcullis.checks.ast

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	_refuses(rule)
	not _titled(rule)
	message := $"This {rule.name} rule has no METADATA, so neither the reference nor explain can say what it is for."
	fix := "Write `# METADATA` with a title above it, or above the private rule that makes its reason."
}

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	some call in ast.calls([rule.node.head])
	call.name == "reason.of"
	some member in ["code", "message"]
	not ast.annotation(rule).custom[member]
	message := $"reason.of takes the {member} from the annotation, and custom.{member} is missing there."
	fix := $"Add custom.{member} to the METADATA of this rule."
}

findings contains [rule.file, rule.line, message, fix] if {
	some code, places in _codes
	count(places) > 1
	some rule in ast.rules
	some index, place in sort(places)
	index > 0
	place == [rule.file, rule.line]
	message := $"The code {code} is given by more than one rule, so the record cannot tell which one refused."
	fix := "Give each rule a code of its own; a rule with several bodies shares one private rule for its reason."
}

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	some phase in ast.annotation(rule).custom.phases
	not phase in {"request", "response", "list", "server_request", "client_response", "notification"}
	message := $"custom.phases names {phase}, which is no phase."
	fix := "Phases are request, response, list, server_request, client_response and notification."
}

_refuses(rule) if {
	ast.contributes(rule)
	rule.name in {"block", "require_approval"}
	rule.adds
}

_titled(rule) if ast.annotation(rule).title

# The reason comes from another rule of the package, which is annotated, or is handed on from a set of refusals.
_titled(rule) if {
	some name in _names(rule.node.head.key)
	some other in ast.rules
	other.package == rule.package
	other.name == name
	ast.annotation(other).title
}

_titled(rule) if {
	rule.node.head.key.type == "var"
	some step in ast.steps(rule)
	some symbol in step.terms.symbols
	some call in ast.calls(symbol)
	call.arguments[0].value == rule.node.head.key.value
}

_names(key) := {name |
	walk(key, [_, found])
	found.type == "var"
	name := found.value
}

_codes[code] contains [rule.file, rule.line] if {
	some rule in ast.rules
	ast.contributes(rule)
	code := ast.annotation(rule).custom.code
}

_codes[code] contains [rule.file, rule.line] if {
	some rule in ast.rules
	_refuses(rule)
	some [member, value] in rule.node.head.key.value
	member.value == "code"
	code := ast.constant(value)
}
