# METADATA
# title: Grants
# description: |
#   `data.grants` is a list; each entry says who (roles, subjects, orgs; all that are given must hold, none means
#   everyone), optionally where (servers), and what:
#       tools, prompts            globs over server__name; server.name means the same
#       resources                 globs over URIs
#       methods, server_requests  globs over method names
#   An entry with a member that is not one of these gives nothing: `role: [admin]` must not mean everyone.
package mcp.lib.grants

import data.mcp.lib.caller
import data.mcp.lib.names
import data.mcp.lib.patterns

# METADATA
# description: "Some grant gives the caller this tool or prompt: `grants.named(\"tools\", input.name)`."
named(kind, name) if {
	some grant in data.grants
	some pattern in grant[kind]
	names.matches(pattern, name)
	_holds(grant)
}

# METADATA
# description: "Some grant gives the caller this URI or method: `grants.matching(\"resources\", input.uri)`."
matching(kind, value) if {
	some grant in data.grants
	some pattern in grant[kind]
	patterns.matches(pattern, value)
	_holds(grant)
}

_holds(grant) if {
	input.server
	not _elsewhere(grant)
	not _unreadable(grant)
}

# Presence is asked with `:=`, so that `roles: null` and `roles: false` restrict to nobody.
_elsewhere(grant) if {
	roles := grant.roles
	not caller.has_any_role(roles)
}

_elsewhere(grant) if {
	subjects := grant.subjects
	not caller.is_any_of(subjects)
}

_elsewhere(grant) if {
	orgs := grant.orgs
	not caller.in_any_org(orgs)
}

_elsewhere(grant) if {
	servers := grant.servers
	not _server_among(servers)
}

_server_among(servers) if input.server in servers

_unreadable(grant) if {
	some member, _ in grant
	not _is_member(member)
}

# The common ones are compared one by one: a list, and more so a set, is built anew for every decision that asks.
_is_member(word) if {
	word == "tools"
} else if {
	word == "roles"
} else if {
	word in ["resources", "subjects", "orgs", "servers", "prompts", "methods", "server_requests"]
}
