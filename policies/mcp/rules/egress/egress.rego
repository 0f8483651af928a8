# METADATA
# title: Egress
# description: >-
#   Tools that fetch what they are told to are the way into private networks. Arguments may point at public hosts;
#   `data.hosts.allow` (globs over host names and addresses) says which private ones are meant.
package mcp.rules.egress

import data.mcp.lib.hosts
import data.mcp.lib.patterns
import data.mcp.lib.reason

block contains _private_host(place) if {
	input.hosts
	input.phase == "request"
	some place in hosts.private
	not _allowed(place)
}

# METADATA
# title: Private host
# custom:
#   code: egress.private_host
#   message: The call points at a private network.
#   phases: [request]
_private_host(place) := reason.saying(rego.metadata.rule(), concat("", [
	$"{place.host} at {place.at} is on a private network, which tools may not be pointed at. Use a public address, ",
	"or have the host added to hosts.allow in the policy data.",
]))

block contains _unknown_host if {
	input.unknown
	input.phase == "request"
	hosts.unknown
}

# METADATA
# title: Unknown host
# custom:
#   code: egress.unknown_host
#   message: >-
#     The gate could not tell which host a URL names. Write it plainly: scheme, host and path, without credentials.
#   phases: [request]
_unknown_host := reason.of(rego.metadata.rule())

_allowed(place) if {
	some pattern in data.hosts.allow
	patterns.matches(lower(pattern), place.host)
}
