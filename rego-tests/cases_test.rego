# METADATA
# title: Cases
# description: |
#   Runs rego-tests/cases/*.json. Each file holds one sheet: what every row shares (given.input, given.data) and rows
#   of { name, input, without, data, want }: members laid over the shared input and data, members left out, and what
#   the decision must be. In want, `codes` are the reasons' codes in order, `says` texts that must stand in their
#   messages, `absent` members that must not be there; all others must be equal. The same sheets run through the
#   built WebAssembly in test/unit/policy/cases.test.ts.
package cases_test

test_decision[label] if {
	some group, sheet in data.cases
	some row in sheet.rows
	label := $"{group}: {row.name}"
	fits(row.want, decide(sheet, row))
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
