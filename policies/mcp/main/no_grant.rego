# METADATA
# title: No grant
# description: What the caller reads when nothing lets their request pass, and what would.
package mcp.main.no_grant

import data.mcp.lib.grants

# METADATA
# title: The reason
reason := {
	"code": "policy.no_grant",
	"message": concat("", [
		$"No grant lets {input.caller.subject} {_wish}. Whoever runs this gate can add one to grants in the policy ",
		$"data: \{ subjects: {[input.caller.subject]}, {_gift} }",
	]),
	"rule": "mcp.main",
}

_wish := $"call {input.name}" if {
	input.name
} else := $"use the prompt {input.prompt} of {input.server}" if {
	input.prompt
} else := $"use {input.uri} of {input.server}" if {
	input.uri
} else := $"be asked {input.method} by {input.server}" if {
	_asked_by_the_server
} else := $"send {input.method} to {input.server}"

_gift := $"tools: {[input.name]}" if {
	input.name
} else := $"prompts: {[_prompt]}" if {
	input.prompt
} else := $"servers: {[input.server]}, resources: {[input.uri]}" if {
	input.uri
} else := $"servers: {[input.server]}, server_requests: {[input.method]}" if {
	_asked_by_the_server
} else := $"prompts: {[_completed_prompt]}" if {
	_completed_prompt
} else := $"servers: {[input.server]}, resources: {[_asked_resource]}" if {
	_asked_resource
} else := $"servers: {[input.server]}, prompts or resources: what the {input.method} names" if {
	_by_what_it_names
} else := $"servers: {[input.server]}, methods: {[input.method]}"

_prompt := $"{input.server}__{input.prompt}"

# `methods` never lets these two through: they tell about prompts and resources, and need a grant of those.
_by_what_it_names if input.method in {"completion/complete", "subscriptions/listen"}

_completed_prompt := $"{input.server}__{name}" if {
	input.method == "completion/complete"
	input.params.ref.type == "ref/prompt"
	name := input.params.ref.name
}

_asked_resource := input.params.ref.uri if {
	input.method == "completion/complete"
	input.params.ref.type == "ref/resource"
} else := ungranted[0] if {
	input.method == "subscriptions/listen"
	wanted := input.params.notifications.resourceSubscriptions
	ungranted := [uri | some uri in wanted; not grants.matching("resources", uri)]
}

_asked_by_the_server if input.phase in {"server_request", "client_response"}
