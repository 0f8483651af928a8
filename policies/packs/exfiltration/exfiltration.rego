# METADATA
# title: Data exfiltration chains
# description: >-
#   Remembers who read something private, and holds what they send outside afterwards. The label stays with the
#   caller, in whatever session, over whatever server; it cannot tell honest sending from dishonest, only that
#   both came together.
# custom:
#   owasp: [MCP06, MCP10]
#   settings:
#     private: "Globs of tools whose answers are private. Default: [\"*__read_*\", \"*__get_file*\", \"*__search_*\", \"*__query*\", \"*__open_nodes\", \"*__get-env\"]"
#     outbound: "Globs of tools that send something outside. Tools with a URL in their arguments do as well. Default: [\"*__send*\", \"*__post*\", \"*__upload*\", \"*__publish*\", \"*__share*\", \"*__create_issue*\", \"*__add_*comment*\", \"*__create_gist*\"]"
#     inside: "Hosts that are not outside, with their subdomains. Default: []"
#     window_s: "For how long, in seconds. Default: 3600"
#     action: "approve or block. Default: \"approve\""
package mcp.packs.exfiltration

import data.mcp.lib.chain
import data.mcp.lib.names
import data.mcp.lib.reason
import data.mcp.lib.settings

# METADATA
# title: Who read something private
# custom:
#   phases: [request]
label contains "read_private" if {
	input.phase == "request"
	names.catches(_settings.private, input.name)
}

# METADATA
# title: Who read a file or a resource
# custom:
#   phases: [request]
label contains "read_private" if {
	input.phase == "request"
	input.method == "resources/read"
}

require_approval contains _leaves if {
	_sends_after_reading
	_settings.action == "approve"
}

block contains _leaves if {
	_sends_after_reading
	_settings.action != "approve"
}

# METADATA
# title: Sending after reading something private
# custom:
#   code: exfiltration.leaves
#   message: >-
#     Something private was read a short while ago, and this call sends something outside. Send first and read
#     later, or leave it to a person.
#   phases: [request]
_leaves := reason.of(rego.metadata.rule())

_sends_after_reading if {
	input.phase == "request"
	chain.after("read_private", _settings.window_s)
	_outbound
}

_outbound if names.catches(_settings.outbound, input.name)

_outbound if {
	some place in input.hosts
	not _inside(place.host)
}

_outbound if "hosts" in input.unknown

_inside(host) if {
	some name in _settings.inside
	host == lower(name)
}

_inside(host) if {
	some name in _settings.inside
	endswith(host, concat("", [".", lower(name)]))
}

block contains _malformed(member) if {
	some member in settings.wrong(data.packs.exfiltration, _kinds)
}

# METADATA
# title: Setting that cannot be read
# description: >-
#   A misspelt setting would otherwise protect nothing.
# custom:
#   code: exfiltration.malformed
#   message: >-
#     A setting of this pack cannot be read.
#   phases: [request, list, response, server_request, client_response, notification]
_malformed(member) := reason.saying(
	rego.metadata.rule(),
	$"packs.exfiltration.{member} in the policy data of this gate cannot be read. Whoever runs it has to correct that.",
)

_kinds := {"private": "array", "outbound": "array", "inside": "array", "window_s": "number", "action": "string"}

_settings := object.union({"private": ["*__read_*", "*__get_file*", "*__search_*", "*__query*", "*__open_nodes", "*__get-env"], "outbound": ["*__send*", "*__post*", "*__upload*", "*__publish*", "*__share*", "*__create_issue*", "*__add_*comment*", "*__create_gist*"], "inside": [], "window_s": 3600, "action": "approve"}, data.packs.exfiltration)
