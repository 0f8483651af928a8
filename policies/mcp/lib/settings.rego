# METADATA
# title: Settings of packs
# description: |
#   A setting nobody knows, or of another kind than it should be, would otherwise protect nothing:
#       some member in settings.wrong(data.packs.git, {"protected": "array"})
package mcp.lib.settings

# METADATA
# description: Names of settings that are unknown or of the wrong kind; kinds as `type_name` says them.
wrong(given, kinds) := {member |
	some member, value in given
	not _fits(value, object.get(kinds, member, ""))
}

_fits(value, kind) if type_name(value) == kind
