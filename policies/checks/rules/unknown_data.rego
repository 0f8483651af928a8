# METADATA
# title: Names that lead nowhere
# description: A misspelt name under data is no error in Rego. It is undefined, and the rule that reads it is silent.
package portcullis.checks.rules.unknown_data

import data.portcullis.checks.ast

findings contains [rule.file, lookup.line, message, fix] if {
	some rule in ast.rules
	some lookup in ast.references(rule.node)
	startswith(lookup.text, "data.")
	name := split(split(lookup.text, ".")[1], "[")[0]
	not name in _roots
	message := $"There is no data.{name}, so what reads it is undefined."
	fix := $"The data has {concat(", ", sort(_data))}."
}

findings contains [rule.file, lookup.line, message, fix] if {
	some rule in ast.rules
	some lookup in ast.references(rule.node)
	some alias, target in rule.imports
	startswith(lookup.text, $"{alias}.")
	member := split(trim_prefix(lookup.text, $"{alias}."), "[")[0]
	name := split(member, ".")[0]
	names := _rules_of[target]
	not name in names
	message := $"{target} has no {name}, so what reads it is undefined."
	fix := $"It has {concat(", ", sort(names))}."
}

_data contains name if some name in input.data_names

_roots contains name if some name in _data

_roots contains name if {
	some file in input.files
	name := file.ast.package.path[1].value
}

_roots contains "system"

_rules_of[package_path] contains name if {
	some file in input.files
	package_path := ast.path_text(file.ast.package.path)
	some node in file.ast.rules
	name := node.head.ref[0].value
	not startswith(name, "_")
}
