# METADATA
# title: Cases
# description: |
#   Runs rego-tests/cases/*.json. Each file holds one sheet: what every row shares (given.input, given.data) and rows
#   of { name, input, without, data, want }: members laid over the shared input and data, members left out, and what
#   the decision must be. In want, `codes` are the reasons' codes in order, `says` texts that must stand in their
#   messages, `absent` members that must not be there; all others must be equal. The same sheets run through the
#   built WebAssembly in test/unit/policy/cases.test.ts.
package cases_test

# One test for each sheet: `opa test` gives each of them five seconds.
test_every_sheet_is_tested if {
	tested := {
		"approvals",
		"chains",
		"egress",
		"grants",
		"labels",
		"missing",
		"operations",
		"pack_change_window",
		"pack_data_flow",
		"pack_data_flow_passes",
		"pack_destructive",
		"pack_egress",
		"pack_exfiltration",
		"pack_filesystem",
		"pack_git",
		"pack_github",
		"pack_read_only",
		"pack_sampling",
		"pack_secrets_pii",
		"pack_sql",
		"pack_tool_poisoning",
		"packs",
		"patterns",
		"phases",
		"protocol",
		"resources",
		"rules",
		"scopes",
		"secrets",
	}
	object.keys(data.cases) == tested
}

test_approvals[name] if {
	some row in data.cases.approvals.rows
	name := row.name
	fits(row.want, decide(data.cases.approvals, row))
}

test_chains[name] if {
	some row in data.cases.chains.rows
	name := row.name
	fits(row.want, decide(data.cases.chains, row))
}

test_egress[name] if {
	some row in data.cases.egress.rows
	name := row.name
	fits(row.want, decide(data.cases.egress, row))
}

# Of two rows of one name, one that passes would hide one that fails.
test_names_stand_once[name] if {
	some name, cases in data.cases
	count(cases.rows) == count({row.name | some row in cases.rows})
}

test_grants[name] if {
	some row in data.cases.grants.rows
	name := row.name
	fits(row.want, decide(data.cases.grants, row))
}

test_labels[name] if {
	some row in data.cases.labels.rows
	name := row.name
	fits(row.want, decide(data.cases.labels, row))
}

test_missing[name] if {
	some row in data.cases.missing.rows
	name := row.name
	fits(row.want, decide(data.cases.missing, row))
}

test_operations[name] if {
	some row in data.cases.operations.rows
	name := row.name
	fits(row.want, decide(data.cases.operations, row))
}

test_pack_change_window[name] if {
	some row in data.cases.pack_change_window.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_change_window, row))
}

test_pack_data_flow[name] if {
	some row in data.cases.pack_data_flow.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_data_flow, row))
}

test_pack_data_flow_passes[name] if {
	some row in data.cases.pack_data_flow_passes.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_data_flow_passes, row))
}

test_pack_destructive[name] if {
	some row in data.cases.pack_destructive.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_destructive, row))
}

test_pack_egress[name] if {
	some row in data.cases.pack_egress.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_egress, row))
}

test_pack_exfiltration[name] if {
	some row in data.cases.pack_exfiltration.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_exfiltration, row))
}

test_pack_filesystem[name] if {
	some row in data.cases.pack_filesystem.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_filesystem, row))
}

test_pack_git[name] if {
	some row in data.cases.pack_git.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_git, row))
}

test_pack_github[name] if {
	some row in data.cases.pack_github.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_github, row))
}

test_pack_read_only[name] if {
	some row in data.cases.pack_read_only.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_read_only, row))
}

test_pack_sampling[name] if {
	some row in data.cases.pack_sampling.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_sampling, row))
}

test_pack_secrets_pii[name] if {
	some row in data.cases.pack_secrets_pii.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_secrets_pii, row))
}

test_pack_sql[name] if {
	some row in data.cases.pack_sql.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_sql, row))
}

test_pack_tool_poisoning[name] if {
	some row in data.cases.pack_tool_poisoning.rows
	name := row.name
	fits(row.want, decide(data.cases.pack_tool_poisoning, row))
}

test_packs[name] if {
	some row in data.cases.packs.rows
	name := row.name
	fits(row.want, decide(data.cases.packs, row))
}

test_patterns[name] if {
	some row in data.cases.patterns.rows
	name := row.name
	fits(row.want, decide(data.cases.patterns, row))
}

test_phases[name] if {
	some row in data.cases.phases.rows
	name := row.name
	fits(row.want, decide(data.cases.phases, row))
}

test_protocol[name] if {
	some row in data.cases.protocol.rows
	name := row.name
	fits(row.want, decide(data.cases.protocol, row))
}

test_resources[name] if {
	some row in data.cases.resources.rows
	name := row.name
	fits(row.want, decide(data.cases.resources, row))
}

test_rules[name] if {
	some row in data.cases.rules.rows
	name := row.name
	fits(row.want, decide(data.cases.rules, row))
}

test_scopes[name] if {
	some row in data.cases.scopes.rows
	name := row.name
	fits(row.want, decide(data.cases.scopes, row))
}

test_secrets[name] if {
	some row in data.cases.secrets.rows
	name := row.name
	fits(row.want, decide(data.cases.secrets, row))
}

# For comparing with other engines: opa eval data.cases_test.decisions
decisions[group][row.name] := decide(sheet, row) if {
	some group, sheet in data.cases
	some row in sheet.rows
}

decide(sheet, row) := decision if {
	shared := object.get(sheet, "given", {})
	laid := over(object.get(shared, "input", {}), object.get(row, "input", {}))
	given := object.remove(laid, object.get(row, "without", []))
	overlay := over(object.get(shared, "data", {}), object.get(row, "data", {}))
	decision := data.mcp.main.decision with input as given
		with data.grants as object.get(overlay, "grants", data.grants)
		with data.scopes as object.get(overlay, "scopes", data.scopes)
		with data.tools as object.get(overlay, "tools", data.tools)
		with data.labels as object.get(overlay, "labels", data.labels)
		with data.require_approval_for as object.get(overlay, "require_approval_for", data.require_approval_for)
		with data.approval as object.get(overlay, "approval", data.approval)
		with data.chain_rules as object.get(overlay, "chain_rules", data.chain_rules)
		with data.hosts as object.get(overlay, "hosts", data.hosts)
		with data.block_patterns as object.get(overlay, "block_patterns", data.block_patterns)
		with data.secrets as object.get(overlay, "secrets", data.secrets)
		with data.redaction as object.get(overlay, "redaction", data.redaction)
		with data.packs as object.get(overlay, "packs", data.packs)
}

# Members of the upper object replace those of the lower one whole.
over(lower_one, upper) := object.union(object.remove(lower_one, object.keys(upper)), upper)

fits(want, decision) if {
	every member, value in object.remove(want, ["codes", "says", "absent"]) {
		decision[member] == value
	}
	codes := [reason.code | some reason in decision.reasons]
	codes == object.get(want, "codes", codes)
	messages := concat("\n", [reason.message | some reason in decision.reasons])
	every text in object.get(want, "says", []) {
		contains(messages, text)
	}
	every member in object.get(want, "absent", []) {
		not member in object.keys(decision)
	}
}
