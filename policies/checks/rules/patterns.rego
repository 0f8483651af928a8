# METADATA
# title: Patterns
# description: >-
#   Patterns that one engine reads and the other does not make `opa test` pass and the gate silent; too many distinct
#   ones make the engine give up.
package portcullis.checks.rules.patterns

import data.portcullis.checks.ast

findings contains [found.file, found.line, message, fix] if {
	some found in _regexes
	not regex.is_valid(found.pattern)
	message := $"`{found.pattern}` is no pattern the engine can read (no look-around, no back-references): never true."
	fix := "Write it in RE2 syntax, or in several rules."
}

findings contains [found.file, found.line, message, fix] if {
	some found in _regexes
	some [mark, instead] in [["(?<", "(?P<name>…), or no name"], [`\C`, "(?s:.)"]]
	contains(found.pattern, mark)
	regex.is_valid(found.pattern)
	message := $"`{mark}` in `{found.pattern}` is read by opa test and not by the engine of the gate: never true there."
	fix := $"Write {instead}."
}

findings contains [rule.file, call.line, message, fix] if {
	some rule in ast.rules
	some call in ast.calls(rule.node)
	call.name == "glob.match"
	pattern := ast.constant(call.arguments[0])
	some [opening, closing] in [["[", "]"], ["{", "}"]]
	count(split(pattern, opening)) != count(split(pattern, closing))
	message := $"`{pattern}` is no glob that can be read: never true."
	fix := "Close its brackets and braces."
}

findings contains [rule.file, call.line, message, fix] if {
	some rule in ast.rules
	some call in ast.calls(rule.node)
	call.name == "glob.match"
	call.arguments[1].type == "array"
	count(call.arguments[1].value) == 0
	message := "glob.match with [] takes the dot as delimiter, so `*` stops at dots: it matches less than it seems."
	fix := "Write null for no delimiter, or name the delimiters, e.g. [\"/\"]."
}

findings contains [rule.file, call.line, message, fix] if {
	some rule in ast.rules
	ast.closes(rule)
	some call in ast.calls(rule.node)
	call.name in {"regex.match", "glob.match"}
	call.arguments[0].type == "ref"
	some lookup in ast.references(call.arguments[0])
	startswith(lookup.text, "input.")
	message := $"The pattern is {lookup.text}: who sends one that cannot be read switches the rule off."
	fix := "Patterns belong into the policy or its data."
}

findings contains [first.file, first.line, message, fix] if {
	distinct := {pattern | some pattern in _all}
	count(distinct) > 50
	first := _regexes[0]
	message := $"The policy has {count(distinct)} distinct patterns; the engine holds 50 at a time and then starts anew."
	fix := "Use startswith, endswith, == and `in` where they do, and lists in data with names.matches."
}

_all contains found.pattern if some found in _regexes

_all contains pattern if {
	some rule in ast.rules
	some call in ast.calls(rule.node)
	call.name == "glob.match"
	pattern := ast.constant(call.arguments[0])
}

_regexes := array.concat(
	[{"file": rule.file, "line": call.line, "pattern": pattern} |
		some rule in ast.rules
		some call in ast.calls(rule.node)
		startswith(call.name, "regex.")
		pattern := ast.constant(call.arguments[_position(call.name)])
	],
	[{"file": rule.file, "line": ast.row(member), "pattern": pattern} |
		some rule in ast.rules
		rule.name in {"redact", "reply_redact"}
		walk(rule.node, [_, found])
		found.type == "object"
		some [member, value] in found.value
		member.value == "pattern"
		pattern := ast.constant(value)
	],
)

_position("regex.replace") := 1

_position(name) := 0 if name != "regex.replace"
