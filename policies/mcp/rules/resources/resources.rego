# METADATA
# title: Resources
# description: URIs that cannot be read in one way only are refused, so that grants and scopes mean what they say.
package mcp.rules.resources

import data.mcp.lib.reason
import data.mcp.lib.uris

block contains _unclear if {
	uri := input.uri
	input.phase == "request"
	uris.unclear(uri)
}

# METADATA
# title: Unclear URI
# custom:
#   code: resources.unclear_uri
#   message: >-
#     The URI can be read in more than one way. Write it without dot segments, backslashes or escaped separators,
#     and a file as file:///absolute/path.
#   phases: [request]
_unclear := reason.of(rego.metadata.rule())
