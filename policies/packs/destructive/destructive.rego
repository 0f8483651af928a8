# METADATA
# title: Destructive operations
# description: >-
#   Asks a person, or refuses, before something is deleted, dropped, overwritten or reset, told by what paths
#   and statements are used for, by the words of a tool and by what its server says of it.
# custom:
#   owasp: [MCP02, MCP05]
#   settings:
#     action: "approve or block. Default: \"approve\""
#     allow: "Globs of tools that may all the same. Default: []"
package mcp.packs.destructive

import data.mcp.lib.effects
import data.mcp.lib.names
import data.mcp.lib.reason
import data.mcp.lib.settings

require_approval contains _destroys if {
	_destructive
	_settings.action == "approve"
}

block contains _destroys if {
	_destructive
	_settings.action != "approve"
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
	not names.matches_any(_settings.allow, input.name)
}

block contains _malformed(member) if {
	some member in settings.wrong(data.packs.destructive, _kinds)
}

# METADATA
# title: Setting that cannot be read
# description: >-
#   A misspelt setting would otherwise protect nothing.
# custom:
#   code: destructive.malformed
#   message: >-
#     A setting of this pack cannot be read.
#   phases: [request, list, response, server_request, client_response, notification]
_malformed(member) := reason.saying(
	rego.metadata.rule(),
	$"packs.destructive.{member} in the policy data of this gate cannot be read. Whoever runs it has to correct that.",
)

_kinds := {"action": "string", "allow": "array"}

_settings := object.union({"action": "approve", "allow": []}, data.packs.destructive)
