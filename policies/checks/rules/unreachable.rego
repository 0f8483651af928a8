# METADATA
# title: Rules that cannot fire
# description: A body that contradicts itself, or compares with something the other side can never be.
package portcullis.checks.rules.unreachable

import data.portcullis.checks.ast

findings contains [rule.file, second.line, message, fix] if {
	some rule in ast.rules
	found := [comparison |
		some step in ast.steps(rule)
		some comparison in ast.comparisons([step])
		comparison.exactly
		not comparison.negated
	]
	some i, first in found
	some j, second in found
	i < j
	first.member == second.member
	first.value != second.value
	message := $"{first.member} cannot be {first.value} and {second.value} at once, so the rule never fires."
	fix := $"Write two rules, or `{first.member} in [\"{first.value}\", \"{second.value}\"]`."
}

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	some step in ast.steps(rule)
	step.terms.type == "boolean"
	step.terms.value == false
	message := "The body holds the constant false, so the rule never fires."
	fix := "Delete the rule."
}

findings contains [rule.file, comparison.line, message, fix] if {
	some rule in ast.rules
	some comparison in ast.comparisons(rule.node)
	values := _possible(rule, comparison.member)
	not comparison.value in values
	message := $"{comparison.member} is never {comparison.value}, so this is never true."
	fix := $"It is one of {concat(", ", sort(values))}."
}

findings contains [rule.file, call.line, message, fix] if {
	some rule in ast.rules
	some [function, other] in [["lower", "upper"], ["upper", "lower"]]
	some call in ast.calls(rule.node)
	call.name in {"equal", "eq"}
	some [left, right] in [[0, 1], [1, 0]]
	call.arguments[left].type == "call"
	ast.path_text(call.arguments[left].value[0].value) == function
	text := ast.constant(call.arguments[right])
	_changed(function, text)
	message := $"{function}(…) is never {text}, which has {other} case in it."
	fix := $"Compare with the text in {function} case."
}

findings contains [rule.file, comparison.line, message, fix] if {
	some rule in ast.rules
	some comparison in ast.comparisons(rule.node)
	comparison.member == "input.tool"
	contains(comparison.value, "__")
	message := $"input.tool is the tool's own name, without its server: it is never {comparison.value}."
	fix := "Compare input.name, which is server__tool."
}

findings contains [rule.file, comparison.line, message, fix] if {
	some rule in ast.rules
	some comparison in ast.comparisons(rule.node)
	comparison.member == "input.name"
	not contains(comparison.value, "__")
	message := $"input.name is server__tool: it is never {comparison.value}."
	fix := "Compare input.tool, or write the server in front."
}

findings contains [rule.file, call.line, message, fix] if {
	some rule in ast.rules
	some call in ast.calls(rule.node)
	call.name in {"gt", "gte", "equal"}
	call.arguments[0].type == "call"
	ast.path_text(call.arguments[0].value[0].value) == "count"
	ast.path_text(call.arguments[0].value[1].value) == "input.history.calls"
	limit := call.arguments[1].value
	is_number(limit)
	_beyond(call.name, limit)
	message := "The history shows at most fifty calls, so this is never true."
	fix := "Count with input.history.counts[name], which is not cut."
}

findings contains [rule.file, lookup.line, message, fix] if {
	some rule in ast.rules
	some lookup in ast.references(rule.node)
	startswith(ast.path_text(lookup.node.value), "input.history.calls")
	lookup.node.value[3].type == "number"
	lookup.node.value[3].value >= 50
	message := "The history shows at most fifty calls, numbered from 0."
	fix := "Ask chain.sequence, or input.history.counts."
}

findings contains [rule.file, ast.row(shadowed["else"].head), message, fix] if {
	some rule in ast.rules
	walk(rule.node, [_, shadowed])
	shadowed["else"]
	every step in shadowed.body {
		step.terms.type == "boolean"
		step.terms.value == true
	}
	message := "The branch before this `else` is always true, so it is never reached."
	fix := "Give the branch before it a condition, or delete this one."
}

_beyond("gt", limit) if limit >= 50

_beyond("gte", limit) if limit > 50

_beyond("equal", limit) if limit > 50

_changed("lower", text) if lower(text) != text

_changed("upper", text) if upper(text) != text

# What a member can be: from the schema of the input, and what the schema leaves open but the host does not.
_possible(_, member) := values if {
	path := split(trim_prefix(member, "input."), ".")
	count(path) == 1
	startswith(member, "input.")
	values := input.schema.properties[path[0]].enum
}

_possible(_, member) := values if {
	path := split(trim_prefix(member, "input."), ".")
	count(path) == 2
	startswith(member, "input.")
	values := input.schema.properties[path[0]].properties[path[1]].enum
}

_possible(_, "input.time.weekday") := {
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
}

_possible(_, "input.method") := {method | some method in input.methods}

# Members of facts, by the name their variable has in `some fact in input.paths`.
_possible(rule, member) := values if {
	[variable, field] := split(member, ".")
	some list in ["paths", "hosts", "sql", "secrets"]
	_ranges(rule, variable, $"input.{list}")
	values := input.schema.properties[list].items.properties[field].enum
}

_possible(_, member) := values if {
	[_, list, field] := regex.find_all_string_submatch_n(`^input\.([a-z]+)\[\]\.([a-z]+)$`, member, 1)[0]
	values := input.schema.properties[list].items.properties[field].enum
}

_ranges(rule, variable, list) if {
	walk(rule.node.body, [_, found])
	some symbol in found.symbols
	symbol.value[1].value == variable
	ast.path_text(symbol.value[count(symbol.value) - 1].value) == list
}
