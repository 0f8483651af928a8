# METADATA
# title: No grant
# description: What the caller reads when nothing lets their request pass, and what would.
package mcp.main.no_grant

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
} else := $"servers: {[input.server]}, methods: {[input.method]}"

_prompt := $"{input.server}__{input.prompt}"

_asked_by_the_server if input.phase in {"server_request", "client_response"}
