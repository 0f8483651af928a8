# METADATA
# title: Input of another runtime
# description: >-
#   Rego written for an agent's own runtime reads what only the agent has. A gate stands outside, so a deny rule that
#   reads the conversation never fires.
package portcullis.checks.rules.foreign_input

import data.portcullis.checks.ast

findings contains [rule.file, reference.line, message, fix] if {
	some rule in ast.rules
	not startswith(rule.package, "data.mcp.")
	not startswith(rule.package, "data.portcullis.")
	some reference in ast.references(rule.node)
	_is_conversation(reference.text)
	message := "input.messages is empty at a gate: it is outside the agent and sees calls, not the conversation."
	fix := "Decide by input.tool, input.args and input.runtimeContext, or write a rule under mcp.rules with chain.after."
}

_is_conversation(text) if text == "input.messages"

_is_conversation(text) if startswith(text, "input.messages.")

_is_conversation(text) if startswith(text, "input.messages[")
