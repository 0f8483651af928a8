# METADATA
# title: Rules nobody reads
# description: >-
#   The decision asks packages directly under mcp.rules for a handful of sets. A rule of another name, in another
#   place or of another form is correct Rego that decides nothing.
package portcullis.checks.rules.unread

import data.portcullis.checks.ast

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	not rule.name in _sets
	not startswith(rule.name, "_")
	rule.name in _lookalikes
	message := $"Nothing asks for {rule.name}: the decision reads {concat(", ", sort(_sets))}."
	fix := $"Call it {_lookalike(rule.name)}, or begin its name with _ when it is a helper."
}

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	not ast.contributes(rule)
	not startswith(rule.package, "data.portcullis.")
	not startswith(rule.package, "data.mcp.main")
	rule.name in _sets
	message := $"{rule.package} is not asked: the decision reads packages directly under mcp.rules."
	fix := "Name the package mcp.rules.<one word>."
}

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	rule.name in _sets
	not rule.adds
	message := $"`{rule.name}` without `contains` adds nothing to the set that the decision reads."
	fix := $"Write `{rule.name} contains reason if …`."
}

findings contains [rule.file, rule.line, message, fix] if {
	some rule in ast.rules
	ast.contributes(rule)
	startswith(rule.name, "_")
	not _used(rule)
	message := $"Nothing in its package uses {rule.name}, and nothing outside may: what it would decide is never asked."
	fix := "Use it in a rule that refuses or grants, or delete it."
}

_used(rule) if {
	some other in ast.rules
	other.package == rule.package
	walk([object.remove(other.node.head, ["ref", "name"]), object.remove(other.node, ["head"])], [_, found])
	found.type == "var"
	found.value == rule.name
	not _itself(rule, other)
}

_itself(rule, other) if other.name == rule.name

_sets := {"block", "require_approval", "redact", "grant", "label", "reply_redact", "reply_inspect"}

_lookalikes := {
	"deny", "denied", "denies", "blocks", "blocked", "refuse", "reject", "forbid", "violation", "violations",
	"allow", "allowed", "allows", "permit", "grants", "approve", "approval", "requires_approval", "labels",
	"redaction", "redactions", "mask", "reply_redaction", "response_redact", "inspect", "warn", "main", "decision",
}

_lookalike(name) := "grant" if {
	name in {"allow", "allowed", "allows", "permit", "grants"}
} else := "require_approval" if {
	name in {"approve", "approval", "requires_approval"}
} else := "label" if {
	name == "labels"
} else := "redact" if {
	name in {"redaction", "redactions", "mask"}
} else := "reply_redact" if {
	name in {"reply_redaction", "response_redact"}
} else := "reply_inspect" if {
	name == "inspect"
} else := "block"
