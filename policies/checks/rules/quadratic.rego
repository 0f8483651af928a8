# METADATA
# title: Loops in loops
# description: Two loops over the history in one body try 2,500 pairs in every decision of a busy caller.
package portcullis.checks.rules.quadratic

import data.portcullis.checks.ast

findings contains [rule.file, lines[1], message, fix] if {
	some rule in ast.rules
	lines := sort([line | some line in _loops(rule)])
	count(lines) > 1
	message := "The history is walked once for each of its entries, in every decision."
	fix := "Ask chain.sequence or chain.sequence_within, which walk it once, or input.history.counts."
}

_loops(rule) := array.concat(
	[ast.row(symbol) |
		walk(rule.node, [_, found])
		some symbol in found.symbols
		symbol.type == "call"
		ast.path_text(symbol.value[count(symbol.value) - 1].value) == "input.history.calls"
	],
	[lookup.line |
		some lookup in ast.references(rule.node)
		startswith(lookup.text, "input.history.calls[]")
		lookup.node.value[3].type == "var"
	],
)
