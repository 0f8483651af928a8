# METADATA
# title: Errors that silence
# description: >-
#   A built-in that cannot work with what it is given makes its expression undefined. In a rule that refuses, a caller
#   who sends a list where a text is expected then switches the rule off.
package portcullis.checks.rules.builtin_error

import data.portcullis.checks.ast

findings contains [rule.file, call.line, message, fix] if {
	some rule in ast.rules
	ast.closes(rule)
	some step in ast.steps(rule)
	not step.negated
	some call in ast.calls(step)
	call.name in _brittle
	some argument in call.arguments
	some text in _raw(rule, argument)
	not _guarded(rule, text)
	message := concat("", [
		$"{call.name} over {text} is undefined when the caller sends another type, or text it cannot read, and the ",
		"rule then refuses nothing.",
	])
	fix := "Say what is fine in a rule of its own, with this call in it, and refuse what is `not` that."
}

_brittle := {
	"to_number", "json.unmarshal", "yaml.unmarshal", "base64.decode", "base64url.decode", "hex.decode",
	"net.cidr_contains", "net.cidr_intersects", "time.parse_rfc3339_ns", "time.parse_ns", "time.parse_duration_ns",
	"units.parse", "units.parse_bytes", "semver.compare", "plus", "minus", "mul", "div", "rem", "abs", "round",
	"startswith", "endswith", "contains", "lower", "upper", "split", "substring", "trim", "trim_prefix",
	"trim_suffix", "trim_space", "regex.match", "regex.find_n", "regex.split", "glob.match", "indexof", "replace",
	"urlquery.decode", "strings.any_prefix_match", "strings.any_suffix_match",
}

# What comes from the wire as it was sent, named outright or by way of a local variable.
_raw(_, argument) := [lookup.text |
	some lookup in ast.references(argument)
	_from_the_wire(lookup.text)
] if {
	argument.type == "ref"
}

_raw(rule, argument) := [lookup.text |
	some step in ast.steps(rule)
	is_array(step.terms)
	ast.path_text(step.terms[0].value) == "assign"
	step.terms[1].value == argument.value
	step.terms[2].type == "ref"
	some lookup in ast.references(step.terms[2])
	_from_the_wire(lookup.text)
] if {
	argument.type == "var"
}

_from_the_wire(text) if startswith(text, "input.args")

_from_the_wire(text) if startswith(text, "input.params")

_from_the_wire(text) if startswith(text, "input.item")

# Whoever asks for the type has thought of the others.
_guarded(rule, text) if {
	some call in ast.calls(rule.node.body)
	call.name in {"is_string", "is_number"}
	some lookup in ast.references(call.arguments)
	lookup.text == text
}
