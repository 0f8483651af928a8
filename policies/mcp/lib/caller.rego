# METADATA
# title: Caller
# description: Questions about who is asking. The host authenticated them; `clientInfo` plays no part.
package mcp.lib.caller

# METADATA
# description: The caller has this role.
has_role(role) if role in input.caller.roles

# METADATA
# description: The caller has one of these roles.
has_any_role(roles) if {
	some role in roles
	role in input.caller.roles
}

# METADATA
# description: The caller's credential carries this permission.
has_permission(permission) if permission in input.caller.permissions

# METADATA
# description: The caller is one of these subjects.
is_any_of(subjects) if input.caller.subject in subjects

# METADATA
# description: The caller belongs to one of these organisations. A caller without one belongs to none.
in_any_org(orgs) if input.caller.org in orgs
