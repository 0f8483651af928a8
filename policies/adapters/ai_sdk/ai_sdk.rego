# METADATA
# title: Rego written for @ai-sdk/policy-opa
# description: |
#   Asks a decision written for the AI SDK's tool approval, unchanged, about every tool call:
#       allow              lets the call pass, as a grant does; other rules may still refuse it
#       deny               refuses it, with the reason it gives
#       requires-approval  waits for a person
#       not-applicable     has no opinion: what else grants and refuses decides
#   `{"allow": true}` and `{"allow": false}` mean allow and deny. Anything else refuses. A gate stands outside the
#   agent: `input.messages` is empty, and `input.runtimeContext` is what the credential says, the claims with subject,
#   org, roles, permissions and, where there is one role, role.
# custom:
#   decision: agent/call/decision
package mcp.rules.ai_sdk

import data.mcp.lib.reason

grant contains "ai_sdk" if {
	some answer in _answers
	_says(answer, "allow")
}

# Once a person said yes there is nothing left in the way.
grant contains "ai_sdk" if {
	some answer in _answers
	_says(answer, "requires-approval")
}

block contains _denied(answer) if {
	some answer in _answers
	_says(answer, "deny")
}

# METADATA
# title: Denied by a decision for the AI SDK
# custom:
#   code: ai_sdk.denied
#   message: The policy denies this call.
#   phases: [request]
_denied(answer) := _explained(rego.metadata.rule(), answer)

require_approval contains _asks(answer) if {
	some answer in _answers
	_says(answer, "requires-approval")
}

# METADATA
# title: A decision for the AI SDK wants a person
# custom:
#   code: ai_sdk.approval
#   message: The policy wants a person's yes for this call.
#   phases: [request]
_asks(answer) := _explained(rego.metadata.rule(), answer)

block contains _unrecognised if {
	some answer in _answers
	not _recognised(answer)
}

# METADATA
# title: Answer that the AI SDK would not know either
# custom:
#   code: ai_sdk.unrecognised
#   message: The policy gave an answer that is none of allow, deny, requires-approval and not-applicable.
#   phases: [request]
_unrecognised := reason.of(rego.metadata.rule())

# Nothing, or null, is no opinion.
_answers contains answer if {
	input.phase == "request"
	input.method == "tools/call"
	answer := data.agent.call.decision with input as _call
	answer != null
}

_call := {
	"tool": {"name": input.tool},
	"args": input.args,
	"messages": [],
	"runtimeContext": object.union(object.union(input.caller.claims, _caller), _role),
}

_caller := object.filter(input.caller, ["subject", "org", "plan", "agent", "roles", "permissions"])

_role := {"role": input.caller.roles[0]} if {
	count(input.caller.roles) == 1
} else := {}

_recognised(answer) if {
	some word in ["allow", "deny", "requires-approval", "not-applicable"]
	_says(answer, word)
}

_says(answer, word) if answer.decision == word

_says(answer, "allow") if {
	not _decided(answer)
	answer.allow == true
}

_says(answer, "deny") if {
	not _decided(answer)
	answer.allow == false
}

_decided(answer) if answer.decision in ["allow", "deny", "requires-approval", "not-applicable"]

_explained(annotation, answer) := reason.saying(annotation, answer.reason) if {
	is_string(answer.reason)
	answer.reason != ""
} else := reason.of(annotation)
