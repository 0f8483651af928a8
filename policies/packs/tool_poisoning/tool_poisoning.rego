# METADATA
# title: Tool poisoning and rug pulls
# description: >-
#   Leaves tools out of lists whose definition talks to the model instead of describing, and holds definitions
#   to what a person once looked at. Words can be written otherwise; a pin cannot.
# custom:
#   owasp: [MCP03, MCP04, MCP09]
#   settings:
#     pins: "Digests of whole definitions by server__tool, as `portcullis policy pins` prints them."
#     require_pins: "Refuse tools without a pin."
#     phrases: "Texts, in small letters, that a description has no need of."
package mcp.packs.tool_poisoning

import data.mcp.lib.reason
import data.mcp.lib.settings

block contains _changed if {
	pin := settings.of("tool_poisoning", "pins")[input.name]
	_names_a_tool
	input.tool_digest
	not _is(pin)
}

# METADATA
# title: Definition that changed
# custom:
#   code: tool_poisoning.changed
#   message: >-
#     The definition of this tool is not the one that was approved. A person has to look at it and pin it anew.
#   phases: [list, request]
_changed := reason.of(rego.metadata.rule())

block contains _unseen if {
	_ = settings.of("tool_poisoning", "pins")[input.name]
	_names_a_tool
	not input.tool_digest
}

# METADATA
# title: Pinned tool whose definition was not listed yet
# custom:
#   code: tool_poisoning.unseen
#   message: >-
#     The gate has not seen the definition of this tool since it started. List the tools, then call it again.
#   phases: [list, request]
_unseen := reason.of(rego.metadata.rule())

block contains _unpinned if {
	settings.of("tool_poisoning", "require_pins")
	_names_a_tool
	not _pinned
}

# METADATA
# title: Tool without a pin
# custom:
#   code: tool_poisoning.unpinned
#   message: >-
#     Nobody has looked at this tool yet. A person has to approve its definition first.
#   phases: [list, request]
_unpinned := reason.of(rego.metadata.rule())

block contains _instructs if {
	input.phase == "list"
	text := lower(json.marshal(input.item))
	some phrase in settings.of("tool_poisoning", "phrases")
	contains(text, lower(phrase))
}

# METADATA
# title: Definition that instructs the model
# custom:
#   code: tool_poisoning.instructs
#   message: >-
#     The definition of this tool talks to the model.
#   phases: [list]
_instructs := reason.of(rego.metadata.rule())

block contains _hides if {
	input.phase == "list"
	regex.match(`[\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{206f}\x{feff}\x{e0000}-\x{e007f}]`, json.marshal(input.item))
}

# METADATA
# title: Definition with invisible text
# custom:
#   code: tool_poisoning.hides
#   message: >-
#     The definition of this tool holds characters nobody sees.
#   phases: [list]
_hides := reason.of(rego.metadata.rule())

_names_a_tool if {
	input.phase == "request"
	input.method == "tools/call"
}

_names_a_tool if {
	input.phase == "list"
	input.method == "tools/list"
}

_is(pin) if input.tool_digest == pin

_pinned if settings.of("tool_poisoning", "pins")[input.name]
