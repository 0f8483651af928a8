# METADATA
# title: Business hours and change freeze
# description: >-
#   Lets what changes something pass only while people are there to notice, and never during a freeze. What
#   plainly reads passes at any time.
# custom:
#   owasp: [MCP02]
#   settings:
#     from: "The first hour, in the time zone of the configuration."
#     to: "The hour after the last."
#     days: "Days on which changes may be made."
#     freeze: "Times without any change: { from, to } in seconds since 1970."
#     servers: "Globs of servers this is about."
#     allow: "Globs of tools that may at any time."
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
	$"Changes are made on {settings.of("change_window", "days")} from {settings.of("change_window", "from")} to {settings.of("change_window", "to")}. Read now, and come back then.",
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
	names.catches([$"{pattern}__*" | some pattern in settings.of("change_window", "servers")], input.name)
	not effects.reads_plainly
	not names.matches_any(settings.of("change_window", "allow"), input.name)
}

_in_hours if {
	clock.on(settings.of("change_window", "days"))
	clock.between(settings.of("change_window", "from"), settings.of("change_window", "to"))
}

_thawed if {
	input.time.epoch
	every times in settings.of("change_window", "freeze") {
		_over(times)
	}
}

_over(times) if input.time.epoch < times.from

_over(times) if input.time.epoch >= times.to
