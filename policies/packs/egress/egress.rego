# METADATA
# title: Web fetch and egress
# description: >-
#   Confines where tools may be pointed at on the network: by scheme, by host, never into private networks, and
#   more narrowly after something private was read.
# custom:
#   owasp: [MCP06, MCP10]
#   settings:
#     schemes: "Schemes that may be used."
#     allow: "Hosts that may be reached, with their subdomains; none means any public one."
#     deny: "Hosts that may not, with their subdomains."
#     labels: "After one of these labels only hosts in allow may be reached."
package mcp.packs.egress

import data.mcp.lib.hosts
import data.mcp.lib.reason
import data.mcp.lib.settings

block contains _private(place) if {
	input.phase == "request"
	some place in hosts.private
	not _let_in(place)
}

# METADATA
# title: Private network
# custom:
#   code: egress.private
#   message: >-
#     The call points at a private network.
#   phases: [request]
_private(place) := reason.saying(
	rego.metadata.rule(),
	$"{place.host} at {place.at} is on a private network. Use a public address.",
)

block contains _scheme(place) if {
	input.phase == "request"
	some place in input.hosts
	not _spoken(place)
}

# METADATA
# title: Scheme
# custom:
#   code: egress.scheme
#   message: >-
#     That scheme may not be used.
#   phases: [request]
_scheme(place) := reason.saying(
	rego.metadata.rule(),
	$"The URL at {place.at} is not one of {settings.of("egress", "schemes")}. Use one of these.",
)

block contains _denied(place) if {
	input.phase == "request"
	some place in input.hosts
	_listed(place.host, settings.of("egress", "deny"))
}

# METADATA
# title: Denied host
# custom:
#   code: egress.denied
#   message: >-
#     The host is denied.
#   phases: [request]
_denied(place) := reason.saying(
	rego.metadata.rule(),
	$"{place.host} is denied, with all its subdomains: such places are where data is carried off to.",
)

block contains _outside(place) if {
	input.phase == "request"
	settings.of("egress", "allow") != []
	some place in input.hosts
	not _listed(place.host, settings.of("egress", "allow"))
}

# METADATA
# title: Host outside the list
# custom:
#   code: egress.outside
#   message: >-
#     The host is not one of those that may be reached.
#   phases: [request]
_outside(place) := reason.saying(
	rego.metadata.rule(),
	$"{place.host} is not one of {settings.of("egress", "allow")}. Use one of these, or have it added.",
)

block contains _after_private(place) if {
	input.phase == "request"
	some place in input.hosts
	not _listed(place.host, settings.of("egress", "allow"))
	some name in settings.of("egress", "labels")
	input.labels[name]
}

# METADATA
# title: Host nobody listed, after something private
# custom:
#   code: egress.after_private
#   message: >-
#     After something private was read, only listed hosts may be reached.
#   phases: [request]
_after_private(place) := reason.saying(
	rego.metadata.rule(),
	$"Something private was read, and {place.host} is not one of the hosts this gate lists ({settings.of("egress", "allow")}). Do this part first, or leave it to a person.",
)

block contains _unknown if {
	input.phase == "request"
	"hosts" in input.unknown
}

# METADATA
# title: Host that could not be told
# custom:
#   code: egress.unknown
#   message: >-
#     The gate could not tell which host a URL names. Write it plainly: scheme, host and path, without
#     credentials.
#   phases: [request]
_unknown := reason.of(rego.metadata.rule())

_spoken(place) if place.scheme in settings.of("egress", "schemes")

_let_in(place) if _listed(place.host, data.hosts.allow)

# A bare host name has no scheme to judge.
_spoken(place) if place.scheme == ""

_listed(host, names) if {
	some name in names
	host == lower(name)
}

_listed(host, names) if {
	some name in names
	endswith(host, concat("", [".", lower(name)]))
}
