# METADATA
# title: Traps
# description: Rules that do something, and not what they seem to do.
package portcullis.checks.rules.traps

import data.portcullis.checks.ast

findings contains [rule.file, call.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	some call in ast.calls(rule.node)
	call.name in {"startswith", "endswith", "contains", "regex.match", "glob.match", "equal", "internal.member_2"}
	some lookup in ast.references(call.arguments)
	regex.match(`^input\.args\.(path|paths|file|filename|file_path|dir|directory|source|destination|cwd)(\[\])?$`, lookup.text)
	message := $"{lookup.text} is as the caller spelt it: /workspace/../etc is inside /workspace by its letters."
	fix := "Judge input.paths, which is canonical: `some fact in input.paths` with scope.within(fact.path, …)."
}

findings contains [rule.file, call.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	some call in ast.calls(rule.node)
	call.name in {"startswith", "endswith", "contains", "regex.match", "glob.match"}
	some lookup in ast.references(call.arguments)
	regex.match(`^input\.args\.(url|uri|href|host|hostname|endpoint|webhook)(\[\])?$`, lookup.text)
	message := $"{lookup.text} is as the caller spelt it: https://good.example@evil.example holds good.example."
	fix := "Judge input.hosts, where the host is canonical and private addresses are marked."
}

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	rule.name == "grant"
	every step in ast.steps(rule) {
		step.generated
	}
	message := "This grant has no condition: whatever no other rule refuses passes, in every phase."
	fix := "Say whom and what it is for, or use grants in the data."
}

findings contains [rule.file, lookup.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	rule.name == "grant"
	some lookup in ast.references(rule.node.body)
	startswith(lookup.text, "input.annotations")
	message := "Annotations are what the server says about itself, and a hostile one says readOnlyHint."
	fix := "Grant by name; annotations may only make a rule stricter."
}

findings contains [rule.file, lookup.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	rule.name == "grant"
	some lookup in ast.references(rule.node.body)
	lookup.text == "input.caller.agent"
	message := "input.caller.agent is what the client calls itself; anybody can be called anything."
	fix := "Grant by subject, role, organisation or permission, which are authenticated."
}
