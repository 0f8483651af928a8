# METADATA
# title: Grants
# description: >-
#   Lets through what `data.grants` gives the caller, by the name of the thing asked for. What arguments may say is
#   the other packages' business.
package mcp.rules.grants

import data.mcp.lib.grants

# METADATA
# title: Tools, when called
grant contains "tool" if {
	input.phase == "request"
	input.method == "tools/call"
	input.tool # what other rules judge it by
	grants.named("tools", input.name)
}

# Calls are most of the traffic, and for them nothing else has to be tried.
grant contains given if {
	input.method != "tools/call"
	some given in _other
}

# METADATA
# title: Tools, when listed
_other contains "listed tool" if {
	input.phase == "list"
	input.method == "tools/list"
	input.tool
	grants.named("tools", input.name)
}

# METADATA
# title: Prompts, when fetched
_other contains "prompt" if {
	input.phase == "request"
	input.method == "prompts/get"
	prompt := input.prompt
	grants.named("prompts", $"{input.server}__{prompt}")
}

# METADATA
# title: Prompts, when listed
_other contains "listed prompt" if {
	input.phase == "list"
	input.method == "prompts/list"
	prompt := input.prompt
	grants.named("prompts", $"{input.server}__{prompt}")
}

# METADATA
# title: Resources, when read and subscribed to
_other contains "resource" if {
	input.phase == "request"
	uri := input.uri
	input.method in ["resources/read", "resources/subscribe"]
	grants.matching("resources", uri)
}

# METADATA
# title: Resources, when listed
_other contains "listed resource" if {
	input.phase == "list"
	input.method == "resources/list"
	grants.matching("resources", input.uri)
}

# METADATA
# title: Resource templates, when listed
_other contains "listed template" if {
	input.phase == "list"
	input.method == "resources/templates/list"
	grants.matching("resources", input.item.uriTemplate)
}

# METADATA
# title: Methods given by name, from the client
_other contains "method" if {
	input.method != "tools/call"
	input.phase in ["request", "list", "notification"]
	not input.method in _have_their_own
	grants.matching("methods", input.method)
}

# METADATA
# title: Requests of the server, and the answers to them
grant contains "server_request" if {
	input.phase != "request"
	input.phase in ["server_request", "client_response"]
	grants.matching("server_requests", input.method)
}

# A grant of methods: ["*"] must not hand out every tool.
_have_their_own := [
	"tools/list", "prompts/get", "prompts/list",
	"resources/read", "resources/subscribe", "resources/list", "resources/templates/list",
	"subscriptions/listen", "completion/complete",
]
