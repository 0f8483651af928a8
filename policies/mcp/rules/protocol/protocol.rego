# METADATA
# title: Protocol
# description: >-
#   What carries no action of a tool passes without a grant of its own: lifecycle, lists (each entry is judged in
#   phase list), tasks the upstream already ties to their owner, notifications of the specification, and answers to
#   requests that were judged. Any rule may still block them.
package mcp.rules.protocol

import data.mcp.lib.grants
import data.mcp.lib.reason
import data.mcp.lib.scope
import data.mcp.lib.uris

# METADATA
# title: Lifecycle and lists
grant contains "lifecycle" if {
	input.phase == "request"
	input.method != "tools/call"
	input.method in _open_requests
}

# METADATA
# title: Entries of lists that hold nothing guarded
grant contains "list" if {
	input.phase == "list"
	input.method == "tasks/list"
}

# METADATA
# title: Answers to requests that were let through
grant contains "response" if input.phase == "response"

# METADATA
# title: Pings from the server, and answers to them
grant contains "ping" if {
	input.method == "ping"
	input.phase in ["server_request", "client_response"]
}

# METADATA
# title: Notifications of the specification
grant contains "notification" if {
	input.phase == "notification"
	input.method in _notifications
}

# METADATA
# title: Streams of changes
# description: A subscription inside the stream needs the same grant and scope as reading the resource.
grant contains "listen" if {
	input.phase == "request"
	input.method == "subscriptions/listen"
	not _unreadable_subscription
}

# METADATA
# title: Completions
# description: Completing the argument of a prompt or a resource template tells about it, so it needs its grant.
grant contains "completion" if {
	input.phase == "request"
	input.method == "completion/complete"
	_completes_granted
}

block contains _line_break if contains(input.tool, "\n")

block contains _line_break if contains(input.prompt, "\n")

# METADATA
# title: Line breaks in names
# description: A line break in a name would hide it from globs, whose star stops there in WebAssembly.
# custom:
#   code: protocol.line_break
#   message: The name holds a line break. Send the name exactly as the list gave it.
#   phases: [request, list]
_line_break := reason.of(rego.metadata.rule())

_open_requests := [
	"initialize", "ping", "server/discover", "logging/setLevel",
	"tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/unsubscribe",
	"tasks/get", "tasks/result", "tasks/list", "tasks/cancel", "tasks/update",
]

_notifications := [
	"notifications/initialized", "notifications/cancelled", "notifications/progress", "notifications/message",
	"notifications/tools/list_changed", "notifications/prompts/list_changed",
	"notifications/resources/list_changed", "notifications/resources/updated",
	"notifications/roots/list_changed", "notifications/elicitation/complete",
	"notifications/tasks", "notifications/tasks/status", "notifications/subscriptions/acknowledged",
]

_unreadable_subscription if {
	wanted := input.params.notifications.resourceSubscriptions
	not is_array(wanted)
}

_unreadable_subscription if {
	some uri in input.params.notifications.resourceSubscriptions
	not _readable(uri)
}

_completes_granted if {
	input.params.ref.type == "ref/prompt"
	name := input.params.ref.name
	grants.named("prompts", $"{input.server}__{name}")
}

_completes_granted if {
	input.params.ref.type == "ref/resource"
	_readable(input.params.ref.uri)
}

_readable(uri) if {
	not uris.unclear(uri)
	grants.matching("resources", uri)
	not _out_of_scope(uri)
}

_out_of_scope(uri) if {
	uris.is_file(uri)
	allowed := data.scopes[input.server]
	not _in_scope(uri, allowed)
}

_in_scope(uri, allowed) if {
	path := uris.file_path(uri)
	scope.within(path, allowed.read)
	not scope.denied(path, object.get(allowed, "deny", []))
}
