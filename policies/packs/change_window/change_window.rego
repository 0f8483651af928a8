# METADATA
# title: Business hours and change freeze
# description: >-
#   Lets what changes something pass only while people are there to notice, and never during a freeze. What
#   plainly reads passes at any time.
# custom:
#   owasp: [MCP02]
#   settings:
#     from: "The first hour, in the time zone of the configuration. Default: 9"
#     to: "The hour after the last. Default: 17"
#     days: "Days on which changes may be made. Default: [\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\"]"
#     freeze: "Times without any change: { from, to } in seconds since 1970. Default: []"
#     servers: "Globs of servers this is about. Default: [\"*\"]"
#     allow: "Globs of tools that may at any time. Default: []"
package mcp.packs.change_window

import data.mcp.lib.clock
import data.mcp.lib.effects
import data.mcp.lib.names
import data.mcp.lib.reason
import data.mcp.lib.settings

block contains _late if {
	_changes
	not _in_hours
}

# METADATA
# title: Change outside business hours
# custom:
#   code: change_window.late
#   message: >-
#     Changes are made when people are there to notice.
#   phases: [request]
_late := reason.saying(
	rego.metadata.rule(),
	$"Changes are made on {_settings.days} from {_settings.from} to {_settings.to}. Read now, and come back then.",
)

block contains _frozen if {
	_changes
	not _thawed
}

# METADATA
# title: Change freeze
# custom:
#   code: change_window.frozen
#   message: >-
#     Nothing is changed during a freeze. Prepare the change and come back when it is over.
#   phases: [request]
_frozen := reason.of(rego.metadata.rule())

_changes if {
	input.phase == "request"
	input.method == "tools/call"
	names.catches([$"{pattern}__*" | some pattern in _settings.servers], input.name)
	not effects.reads_plainly
	not names.matches_any(_settings.allow, input.name)
}

_in_hours if {
	clock.on(_settings.days)
	clock.between(_settings.from, _settings.to)
}

_thawed if {
	input.time.epoch
	every times in _settings.freeze {
		_over(times)
	}
}

_over(times) if input.time.epoch < times.from

_over(times) if input.time.epoch >= times.to

block contains _malformed(member) if {
	some member in settings.wrong(data.packs.change_window, _kinds)
}

# METADATA
# title: Setting that cannot be read
# description: >-
#   A misspelt setting would otherwise protect nothing.
# custom:
#   code: change_window.malformed
#   message: >-
#     A setting of this pack cannot be read.
#   phases: [request, list, response, server_request, client_response, notification]
_malformed(member) := reason.saying(
	rego.metadata.rule(),
	$"packs.change_window.{member} in the policy data of this gate cannot be read. Whoever runs it has to correct that.",
)

_kinds := {"from": "number", "to": "number", "days": "array", "freeze": "array", "servers": "array", "allow": "array"}

_settings := object.union({"from": 9, "to": 17, "days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "freeze": [], "servers": ["*"], "allow": []}, data.packs.change_window)
