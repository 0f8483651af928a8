# METADATA
# title: Approvals
# description: >-
#   Calls that need a person's yes every time: `data.require_approval_for` holds globs over server__tool;
#   `data.approval` may name approvers and a ttl_s.
package mcp.rules.approvals

import data.mcp.lib.names
import data.mcp.lib.reason

# Most gates ask for nothing; then the first line is all that is looked at.
require_approval contains object.union(_required, _terms) if {
	data.require_approval_for != []
	input.phase == "request"
	input.method == "tools/call"
	names.catches(data.require_approval_for, input.name)
}

# METADATA
# title: Call that needs a person
# custom:
#   code: approvals.required
#   message: This call needs a person's yes.
#   phases: [request]
_required := reason.saying(rego.metadata.rule(), $"{input.name} needs a person's yes before it is sent.")

_terms := object.filter(data.approval, ["approvers", "ttl_s"]) if {
	is_object(data.approval)
} else := {}
