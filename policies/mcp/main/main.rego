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
decision["redact"] := sort(_edits) if {
	_verdict != "block"
	count(_edits) > 0
}

# METADATA
# title: What to do with the answer
decision["reply"] := reply if {
	_verdict != "block"
	reply := _reply
}

# METADATA
# title: What to remember about the caller
decision["labels"] := object.union({"add": sort(_labels)}, _label_ttl) if {
	_verdict != "block"
	count(_labels) > 0
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

_verdict := "block" if {
	count(_blocks) > 0
} else := "require_approval" if {
	_waiting
} else := "redact" if {
	count(_edits) > 0
} else := "allow"

_blocks contains reason if some [reason, _] in _refusals

_blocks contains no_grant.reason if not _granted

_blocks contains reason if {
	_nobody_may_approve
	reason := {
		"code": "policy.approvers_conflict",
		"message": "Several rules want a person's yes, and no one may give it for all of them.",
		"rule": "mcp.main",
	}
}

_reasons contains [reason.code, reason.rule, reason] if {
	some reason in _blocks
}

_reasons contains [reason.code, reason.rule, reason] if {
	_verdict != "block"
	some [pkg, request] in _requests
	reason := _reason(pkg, request)
}

_granted if {
	some pkg
	some _ in data.mcp.rules[pkg].grant
}

_refusals contains [_reason(pkg, refusal), _hides(refusal)] if {
	some pkg
	set := data.mcp.rules[pkg].block
	some refusal in _members(set)
}

_explained if some [_, false] in _refusals

_hides(refusal) if {
	refusal.hide == true
} else := false

_requests contains [pkg, request] if {
	some pkg
	set := data.mcp.rules[pkg].require_approval
	some request in _members(set)
}

_edits contains edit if {
	some pkg
	set := data.mcp.rules[pkg].redact
	some edit in _members(set)
}

_labels contains label if {
	some pkg
	set := data.mcp.rules[pkg].label
	some label in _members(set)
}

# An array: hashing the edits into a set would cost every call more than sorting them.
_reply_edits := [edit |
	some pkg
	set := data.mcp.rules[pkg].reply_redact
	some edit in _members(set)
]

# A default, here and below, because what is undefined is worked out anew each time it is asked for.
default _inspected := false

_inspected if {
	some pkg
	set := data.mcp.rules[pkg].reply_inspect
	some _ in _members(set)
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

_reply := {"redact": sort(_reply_edits), "inspect": true} if {
	count(_reply_edits) > 0
	_inspected
} else := {"redact": sort(_reply_edits)} if {
	count(_reply_edits) > 0
} else := {"inspect": true} if {
	_inspected
}

_label_ttl := {"ttl_s": data.labels.ttl_s} if {
	data.labels.ttl_s
} else := {}

default _waiting := false

_waiting if {
	count(_requests) > 0
	not _approved
}

_approved if object.get(input, "approval", null) != null

_question := concat(" ", [reason.message | some reason in decision.reasons])

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
