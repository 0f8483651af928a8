# METADATA
# title: The decision
# description: |
#   One object for every judged frame, built from the sets that rules add to in packages under `mcp.rules`:
#       block contains reason             refuse; a reason is { code, message } and may carry hide: true
#       require_approval contains reason  a person decides; may carry approvers and ttl_s
#       redact contains edit              change this frame: { at | detector | pattern, with }
#       grant contains anything           let it pass, if nothing above objects
#       label contains name               remember this about the caller once the frame is let through
#       reply_redact contains edit        change the answer
#       reply_inspect contains anything   judge the answer in phase response
#   block beats require_approval beats redact beats allow, and without a grant there is a block. Packages are found
#   by themselves; nothing has to be registered. Entrypoint: mcp/main/decision.
package mcp.main

# Shapes chosen for speed, here and in the rules, measured on a small tools/call (22 µs before them, 16 µs with them):
# WebAssembly tries the bodies of a rule one after another, so what is most often untrue stands first; a rule without
# arguments is worked out once a decision, and remembering it costs 0.1 µs, also when it is undefined; each question to
# all packages (`some pkg; data.mcp.rules[pkg].…`) costs 0.4 µs, so there is one for each kind of set.

import data.mcp.main.no_grant

# METADATA
# title: What happens to the frame
decision["verdict"] := _verdict

# METADATA
# title: Why, sorted by code, then rule
# description: The reasons of the verdict; on a call let through by an approval, what was approved.
decision["reasons"] := [reason | some [_, _, reason] in sort(_reasons)]

# METADATA
# title: Edits to this frame
# description: >-
#   The member's name is a variable on purpose: OPA then plans the whole decision as one function, where it would
#   otherwise plan and remember one for each member, 0.4 µs in all.
decision[member] := sort(_edits) if {
	member := "redact"
	_verdict != "block"
	count(_edits) > 0
}

# METADATA
# title: What to do with the answer
decision["reply"] := _reply(edits, inspections) if {
	_verdict != "block"
	edits := _union([set |
		some pkg
		set := _members(data.mcp.rules[pkg].reply_redact)
	])
	inspections := [pkg |
		some pkg
		some _ in _members(data.mcp.rules[pkg].reply_inspect)
	]
}

# METADATA
# title: What to remember about the caller
decision["labels"] := object.union({"add": sort(labels)}, _label_ttl) if {
	_verdict != "block"
	labels := {label |
		some pkg
		some label in _members(data.mcp.rules[pkg].label)
	}
	count(labels) > 0
}

# METADATA
# title: Who may say yes, and for how long
decision["approval"] := object.union_n([_approval_ttl, _approval_from, {"message": _question}]) if {
	_verdict == "require_approval"
}

# METADATA
# title: Whether the caller may know
# description: Hidden only when every rule that blocks asks for it; a missing grant beside them changes nothing.
decision["show"] := "hide" if {
	count(_refusals) > 0
	not _explained
}

_explained if {
	some [_, refusal] in _refusals
	not _hides(refusal)
}

_hides(refusal) if refusal.hide == true

_verdict := "block" if {
	count(_refusals) > 0
} else := "block" if {
	not _granted
} else := _verdict_on_requests if {
	count(_requests) > 0
} else := "redact" if {
	count(_edits) > 0
} else := "allow"

_verdict_on_requests := "block" if {
	_nobody_may_approve
} else := "require_approval" if {
	not _approved
} else := "redact" if {
	count(_edits) > 0
} else := "allow"

_reasons contains [reason.code, reason.rule, reason] if {
	_verdict == "block"
	some [pkg, refusal] in _refusals
	reason := _reason(pkg, refusal)
}

_reasons contains [reason.code, reason.rule, reason] if {
	_verdict == "block"
	not _granted
	reason := no_grant.reason
}

_reasons contains [reason.code, reason.rule, reason] if {
	_verdict == "block"
	_nobody_may_approve
	reason := {
		"code": "policy.approvers_conflict",
		"message": "Several rules want a person's yes, and no one may give it for all of them.",
		"rule": "mcp.main",
	}
}

_reasons contains [reason.code, reason.rule, reason] if {
	_verdict != "block"
	some [pkg, request] in _requests
	reason := _reason(pkg, request)
}

# The two that grant nearly everything are asked by name, and all the others only when both have nothing to say.
_granted if {
	some _ in data.mcp.rules.grants.grant
} else if {
	some _ in data.mcp.rules.protocol.grant
} else if {
	some pkg
	some _ in data.mcp.rules[pkg].grant
}

_refusals := [[pkg, refusal] |
	some pkg
	some refusal in _members(data.mcp.rules[pkg].block)
]

_requests := [[pkg, request] |
	some pkg
	some request in _members(data.mcp.rules[pkg].require_approval)
]

_edits contains edit if {
	some pkg
	some edit in _members(data.mcp.rules[pkg].redact)
}

# `block if …` instead of `block contains … if …` compiles, is true, and has no members: it must still count. Where
# members are edits or labels, the gate finds this one outside its contract and closes.
_members(set) := set if {
	is_set(set)
} else := [{
	"code": "policy.malformed_rule",
	"message": "A rule was written without `contains`, so it has no reason to give. Its author has to correct it.",
}]

# A rule whose object lacks its words, or that adds something else entirely, still counts.
_reason(pkg, given) := {
	"code": _text(given, "code", "policy.malformed_rule"),
	"message": _text(given, "message", "A rule decided this without saying why. Whoever runs the gate can tell."),
	"rule": _text(given, "rule", $"mcp.rules.{pkg}"),
}

_text(given, member, otherwise) := given[member] if {
	is_string(given[member])
} else := otherwise

# Most often one package has edits for the answer, and hashing its objects into another set costs more than the rest.
_union(sets) := sets[0] if {
	count(sets) == 1
} else := {edit | some set in sets; some edit in set}

_reply(edits, inspections) := {"redact": sort(edits)} if {
	inspections == []
	count(edits) > 0
} else := {"redact": sort(edits), "inspect": true} if {
	count(edits) > 0
} else := {"inspect": true} if {
	inspections != []
}

_label_ttl := {"ttl_s": data.labels.ttl_s} if {
	data.labels.ttl_s
} else := {}

_approved if object.get(input, "approval", null) != null

_question := concat(" ", [reason.message | some [_, _, reason] in sort(_reasons)])

_approval_ttl := {"ttl_s": min(_ttls)} if {
	count(_ttls) > 0
} else := {}

_ttls := {request.ttl_s | some [_, request] in _requests; is_number(request.ttl_s)}

# One person answers for all rules that ask, so it has to be one whom each of them names.
_approval_from := {"approvers": sort(_approvers)} if {
	count(_approver_lists) > 0
} else := {}

_nobody_may_approve if {
	count(_approver_lists) > 0
	count(_approvers) == 0
}

_approvers := intersection(_approver_lists)

_approver_lists := {approvers |
	some [_, request] in _requests
	given := request.approvers
	approvers := {approver | some approver in given}
}
