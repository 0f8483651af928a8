# METADATA
# title: Data exfiltration chains
# description: >-
#   Remembers who read something private, and holds what they send outside afterwards. The label stays with the
#   caller, in whatever session, over whatever server; it cannot tell honest sending from dishonest, only that
#   both came together.
# custom:
#   owasp: [MCP06, MCP10]
#   settings:
#     private: "Globs of tools whose answers are private."
#     outbound: "Globs of tools that send something outside. Tools with a URL in their arguments do as well."
#     inside: "Hosts that are not outside, with their subdomains."
#     window_s: "For how long, in seconds."
#     action: "approve or block."
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
	names.catches(settings.of("exfiltration", "private"), input.name)
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
	settings.of("exfiltration", "action") == "approve"
}

block contains _leaves if {
	_sends_after_reading
	settings.of("exfiltration", "action") != "approve"
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
	chain.after("read_private", settings.of("exfiltration", "window_s"))
	_outbound
}

_outbound if names.catches(settings.of("exfiltration", "outbound"), input.name)

_outbound if {
	some place in input.hosts
	not _inside(place.host)
}

_outbound if "hosts" in input.unknown

_inside(host) if {
	some name in settings.of("exfiltration", "inside")
	host == lower(name)
}

_inside(host) if {
	some name in settings.of("exfiltration", "inside")
	endswith(host, concat("", [".", lower(name)]))
}
