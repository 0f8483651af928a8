package adapters.ai_sdk_test

import data.mcp.main
import data.mcp.rules.ai_sdk

_input := {
	"v": 1,
	"phase": "request",
	"direction": "to_server",
	"transport": "http",
	"protocol": "2026-07-28",
	"method": "tools/call",
	"server": "a",
	"tool": "b",
	"name": "a__b",
	"args": {"x": 1},
	"caller": {"subject": "ann", "roles": ["dev"], "permissions": [], "auth": "jwt", "claims": {"role": "x", "team": "y"}},
	"labels": {},
	"mode": "enforce",
}

test_each_answer[said] if {
	some [said, verdict] in [
		[{"decision": "allow"}, "allow"],
		[{"allow": true}, "allow"],
		[{"decision": "deny"}, "block"],
		[{"decision": "deny", "allow": true}, "block"],
		[{"allow": false, "reason": "x"}, "block"],
		[{"decision": "requires-approval"}, "require_approval"],
		[{"decision": "not-applicable"}, "block"],
		[null, "block"],
		[{"decision": "alow"}, "block"],
		[{"allow": "true"}, "block"],
		[true, "block"],
		["allow", "block"],
		[{}, "block"],
	]
	decision := main.decision with input as _input with data.agent.call.decision as said
	decision.verdict == verdict
}

test_only_calls_are_asked_about if {
	other := object.union(_input, {"method": "prompts/get"})
	count(ai_sdk.grant) == 0 with input as other with data.agent.call.decision as {"decision": "allow"}
}

test_no_opinion_is_no_grant if count(ai_sdk.grant) == 0 with input as _input

test_no_opinion_is_no_refusal if count(ai_sdk.block) == 0 with input as _input

test_reasons_are_its_own if {
	said := {"decision": "deny", "reason": "Because."}
	some reason in ai_sdk.block with input as _input with data.agent.call.decision as said
	reason == {"code": "ai_sdk.denied", "message": "Because."}
}

test_what_it_is_told if {
	seen := ai_sdk._call with input as _input
	seen == {
		"tool": {"name": "b"},
		"args": {"x": 1},
		"messages": [],
		"runtimeContext": {"subject": "ann", "roles": ["dev"], "role": "dev", "permissions": [], "team": "y"},
	}
}
