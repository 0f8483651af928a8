# METADATA
# title: Destructive operations
# description: >-
#   Asks a person, or refuses, before something is deleted, dropped, overwritten or reset, told by what paths
#   and statements are used for, by the words of a tool and by what its server says of it.
# custom:
#   owasp: [MCP02, MCP05]
#   settings:
#     action: "approve or block."
#     allow: "Globs of tools that may all the same."
package mcp.packs.destructive

import data.mcp.lib.effects
import data.mcp.lib.names
import data.mcp.lib.reason
import data.mcp.lib.settings

require_approval contains _destroys if {
	_destructive
	settings.of("destructive", "action") == "approve"
}

block contains _destroys if {
	_destructive
	settings.of("destructive", "action") != "approve"
}

# METADATA
# title: Something is taken away
# custom:
#   code: destructive.destroys
#   message: >-
#     The call takes something away, perhaps for good. Do it in a way that can be undone, or leave it to a
#     person.
#   phases: [request]
_destroys := reason.of(rego.metadata.rule())

_destructive if {
	input.phase == "request"
	input.method == "tools/call"
	effects.destroys
	not names.matches_any(settings.of("destructive", "allow"), input.name)
}
