# METADATA
# title: Data of another phase
# description: >-
#   Each phase shows its own members. A rule for one that reads what only another has is never true; a rule for answers
#   is never asked unless some rule wants to see them.
package portcullis.checks.rules.phase_data

import data.portcullis.checks.ast

findings contains [rule.file, lookup.line, message, fix] if {
	some rule in ast.rules
	phases := _phases(rule)
	count(phases) > 0
	some lookup in _reads(rule)
	member := split(lookup.text, ".")[1]
	having := {phase | some phase, members in _members; member in members}
	count(having) > 0
	count(phases & having) == 0
	message := $"In phase {concat(", ", sort(phases))} there is no input.{member}, so the rule never fires."
	fix := $"input.{member} is there in phase {concat(", ", sort(having))}."
}

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	rule.name in {"block", "require_approval", "redact", "label"}
	_phases(rule) == {"response"}
	not _inspected
	message := "Answers are judged only when a rule asks to see them, and none does: this rule is never asked."
	fix := "Add `reply_inspect contains \"why\" if { input.phase == \"request\"; … }` for the calls whose answers matter."
}

findings contains [rule.file, lookup.line, message, fix] if {
	some rule in ast.rules
	ast.closes(rule)
	count({phase | some phase in _phases(rule)}) == 0
	some lookup in ast.references(rule.node.body)
	startswith(lookup.text, "input.result")
	not _inspected
	message := "input.result is there only in phase response, which is asked only when a rule wants it; none does."
	fix := "Add `reply_inspect contains \"why\" if { input.phase == \"request\"; … }`."
}

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	rule.name in {"reply_redact", "reply_inspect"}
	phases := _phases(rule)
	count(phases) > 0
	not "request" in phases
	message := $"{rule.name} says what to do with the answer when the request is judged; here the phase is another."
	fix := "Ask for input.phase == \"request\"; in other phases use redact."
}

_inspected if {
	some file in input.files
	some node in file.ast.rules
	node.head.ref[0].value == "reply_inspect"
	not ast.path_text(file.ast.package.path) in {"data.mcp.rules.packs", "data.mcp.main"}
}

# What the rule itself says, in its body or in its annotation.
_phases(rule) := said if {
	said := {comparison.value |
		some step in ast.steps(rule)
		some comparison in ast.comparisons([step])
		comparison.member == "input.phase"
		not comparison.negated
	}
	count(said) > 0
} else := {phase | some phase in ast.annotation(rule).custom.phases} if {
	ast.contributes(rule)
} else := set()

# In the body, and in helpers of the package that are defined once.
_reads(rule) := [lookup |
	some step in ast.steps(rule)
	not step.negated
	some lookup in array.concat(ast.references(step), _helped(rule, step))
	startswith(lookup.text, "input.")
]

_helped(rule, step) := [{"text": lookup.text, "line": rule.line} |
	name := step.terms.value
	step.terms.type == "var"
	helpers := [other | some other in ast.rules; other.package == rule.package; other.name == name]
	count(helpers) == 1
	some inner in ast.steps(helpers[0])
	not inner.negated
	some lookup in ast.references(inner)
]

_members := {
	"request": (_common | {
		"args", "annotations", "tool_digest", "uri", "prompt", "task", "params", "paths", "hosts", "sql", "secrets",
		"unknown", "history", "time", "approval", "tool", "name", "session",
	}),
	"response": (_common | {"tool", "name", "result", "secrets", "history", "time", "session"}),
	"list": (_common | {"tool", "name", "prompt", "uri", "item", "tool_digest"}),
	"server_request": (_common | {"params", "secrets", "time", "session"}),
	"client_response": (_common | {"params", "secrets", "time", "session"}),
	"notification": (_common | {"params", "session"}),
}

_common := {"v", "phase", "direction", "transport", "protocol", "method", "server", "caller", "labels", "mode"}
