# METADATA
# title: Read-only mode
# description: >-
#   Lets through what plainly reads and nothing else. A server’s word that a tool only reads opens nothing,
#   unless the settings trust that server.
# custom:
#   owasp: [MCP02, MCP05]
#   settings:
#     servers: "Globs of servers this is about."
#     allow: "Globs of tools that may all the same."
#     trust_hints: "Servers whose readOnlyHint is believed."
package mcp.packs.read_only

import data.mcp.lib.effects
import data.mcp.lib.names
import data.mcp.lib.reason
import data.mcp.lib.settings

block contains _changes if {
	input.phase == "request"
	input.method == "tools/call"
	names.catches([$"{pattern}__*" | some pattern in settings.of("read_only", "servers")], input.name)
	not effects.reads_plainly
	not names.matches_any(settings.of("read_only", "allow"), input.name)
	not _trusted
}

# METADATA
# title: Something would change
# custom:
#   code: read_only.changes
#   message: >-
#     This gate only lets through what plainly reads. Describe the change to a person instead.
#   phases: [request]
_changes := reason.of(rego.metadata.rule())

_trusted if {
	input.annotations.readOnlyHint == true
	input.server in settings.of("read_only", "trust_hints")
	not _unclear
}

_unclear if {
	some fact in input.unknown
	fact != "provenance"
}
