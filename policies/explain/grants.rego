# METADATA
# title: Grants that nearly gave it
# description: >-
#   For `portcullis policy explain`: entries of `data.grants` that would have let the frame pass but for one thing.
package portcullis.explain

import data.mcp.lib.caller
import data.mcp.lib.names
import data.mcp.lib.patterns

# METADATA
# title: Near grants
# description: "{ at, grant, lacks }: its place in the list, the entry, and the member that did not hold."
near_grants contains {"at": at, "grant": grant, "lacks": lacks[0]} if {
	some at, grant in data.grants
	lacks := [member | some member in _lacking(grant)]
	count(lacks) == 1
}

_lacking(grant) := {member |
	some member in ["roles", "subjects", "orgs", "servers", _kind]
	_lacks(grant, member)
}

_lacks(grant, "roles") if {
	roles := grant.roles
	not caller.has_any_role(roles)
}

_lacks(grant, "subjects") if {
	subjects := grant.subjects
	not caller.is_any_of(subjects)
}

_lacks(grant, "orgs") if {
	orgs := grant.orgs
	not caller.in_any_org(orgs)
}

_lacks(grant, "servers") if {
	servers := grant.servers
	not input.server in servers
}

_lacks(grant, kind) if {
	kind == _kind
	not _gives(grant)
}

_gives(grant) if {
	_kind in {"tools", "prompts"}
	names.matches_any(grant[_kind], _wanted)
}

_gives(grant) if {
	not _kind in {"tools", "prompts"}
	some pattern in grant[_kind]
	patterns.matches(pattern, _wanted)
}

# METADATA
# title: What would have had to be granted, as grants name it
_kind := "tools" if {
	input.name
} else := "prompts" if {
	input.prompt
} else := "resources" if {
	input.uri
} else := "server_requests" if {
	input.phase in {"server_request", "client_response"}
} else := "methods"

_wanted := input.name if {
	input.name
} else := $"{input.server}__{input.prompt}" if {
	input.prompt
} else := input.uri if {
	input.uri
} else := input.method
