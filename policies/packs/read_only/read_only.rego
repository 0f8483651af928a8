# METADATA
# title: Read-only mode
# description: >-
#   Lets through what plainly reads and nothing else. A server’s word that a tool only reads opens nothing,
#   unless the settings trust that server.
# custom:
#   owasp: [MCP02, MCP05]
#   settings:
#     servers: "Globs of servers this is about. Default: [\"*\"]"
#     allow: "Globs of tools that may all the same. Default: []"
#     trust_hints: "Servers whose readOnlyHint is believed. Default: []"
package mcp.packs.read_only

import data.mcp.lib.effects
import data.mcp.lib.names
import data.mcp.lib.reason
import data.mcp.lib.settings

block contains _changes if {
	input.phase == "request"
	input.method == "tools/call"
	names.catches([$"{pattern}__*" | some pattern in _settings.servers], input.name)
	not effects.reads_plainly
	not names.matches_any(_settings.allow, input.name)
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
	input.server in _settings.trust_hints
	not _unclear
}

_unclear if count(input.unknown) > 0

block contains _malformed(member) if {
	some member in settings.wrong(data.packs.read_only, _kinds)
}

# METADATA
# title: Setting that cannot be read
# description: >-
#   A misspelt setting would otherwise protect nothing.
# custom:
#   code: read_only.malformed
#   message: >-
#     A setting of this pack cannot be read.
#   phases: [request, list, response, server_request, client_response, notification]
_malformed(member) := reason.saying(
	rego.metadata.rule(),
	$"packs.read_only.{member} in the policy data of this gate cannot be read. Whoever runs it has to correct that.",
)

_kinds := {"servers": "array", "allow": "array", "trust_hints": "array"}

_settings := object.union({"servers": ["*"], "allow": [], "trust_hints": []}, data.packs.read_only)
