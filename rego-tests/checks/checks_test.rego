# METADATA
# title: The linter
# description: >-
#   Every inert rule is found by the check its line names, with OPA's own parser; lines are looked at in
#   test/unit/policy/lint.test.ts, because rego.parse_module leaves them out.
package portcullis.checks_test

# By the first letter, because `opa test` gives each of them five seconds.
test_inert_rule_is_found[name] if {
	some name, row in between("a", "c")
	is_found(row)
}

test_inert_rule_is_found_c_to_g[name] if {
	some name, row in between("c", "h")
	is_found(row)
}

test_inert_rule_is_found_h_to_n[name] if {
	some name, row in between("h", "o")
	is_found(row)
}

test_inert_rule_is_found_o_to_z[name] if {
	some name, row in between("o", "~")
	is_found(row)
}

between(first, behind) := {name: row |
	some name, row in _judged
	name >= first
	name < behind
}

is_found(row) if {
	some finding in findings(row.text)
	finding.check == row.check
	finding.message != ""
	finding.fix != ""
}

# rego.parse_module leaves annotations out as well.
test_plain_rule_gives_no_findings if {
	found := findings(`package mcp.rules.fine

import data.mcp.lib.chain
import data.mcp.lib.reason

block contains _late if {
	input.phase == "request"
	input.method == "tools/call"
	chain.after("read_private", 60)
	input.server in data.hosts
	not input.tool in data.grants
	not _fine
	not input.approval
	not "admin" in input.caller.roles
	is_string(input.args.note)
	startswith(input.args.note, "a")
	lower(input.tool) == "delete"
}

_fine if regex.match("^[a-z]+$", input.tool)

# METADATA
# title: Late
# custom:
#   code: fine.late
#   message: Late.
#   phases: [request]
_late := reason.of(rego.metadata.rule())

grant contains "reading" if {
	input.tool == "read"
	input.caller.auth == "jwt"
}

reply_redact contains {"pattern": "AKIA[0-9A-Z]{16}"} if input.phase == "request"
`)
	{finding.check | some finding in found} == {"metadata"}
}

test_too_many_patterns_are_counted if {
	rules := concat("\n", [sprintf("_p%d if regex.match(`^a%d$`, input.tool)", [n, n]) | some n in numbers.range(1, 60)])
	some finding in findings(concat("", ["package mcp.rules.many\n\n", rules]))
	finding.check == "patterns"
	contains(finding.message, "60 distinct patterns")
}

# What OPA itself refuses with our capabilities and schema is not the linter's to find.
_judged[name] := row if {
	some name, row in data.checks.rows
	row.check != "rego_type_error"
}

findings(text) := found if {
	found := data.portcullis.checks.findings with input as {
		"files": [
			{"path": "mine.rego", "own": true, "ast": rego.parse_module("mine.rego", text)},
			{"path": "lib.rego", "own": false, "ast": rego.parse_module("lib.rego", _library)},
		],
		"schema": _schema,
		"methods": ["tools/call", "tools/list"],
		"data_names": ["grants", "hosts"],
	}
}

_library := `package mcp.lib.hosts

private contains fact if some fact in input.hosts`

_schema := {"properties": {
	"phase": {"enum": ["request", "response", "list", "server_request", "client_response", "notification"]},
	"transport": {"enum": ["http", "sse", "ws", "stdio"]},
	"caller": {"properties": {"auth": {"enum": ["none", "api_key", "jwt", "mtls"]}}},
	"paths": {"items": {"properties": {"op": {"enum": ["read", "write", "delete", "unknown"]}}}},
}}
