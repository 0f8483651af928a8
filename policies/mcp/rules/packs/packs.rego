# METADATA
# title: Packs
# description: |
#   Starter packs sleep until the policy data names them, with their settings:
#       packs: { git: {}, change_window: { hours: { from: 9, to: 17 } } }
#   Packs refuse, ask, edit and label; they never grant. One that is misspelt, or has something other than settings,
#   refuses every request: whoever wrote it meant to be protected by it.
package mcp.rules.packs

import data.mcp.lib.reason
import data.mcp.lib.settings

# METADATA
# title: What packs refuse
# description: Packs are asked by name, so those that sleep cost nothing.
block contains _from(name, refusal) if {
	some name, _ in data.packs
	some refusal in data.mcp.packs[name].block
}

# METADATA
# title: What packs want a person for
require_approval contains _from(name, request) if {
	some name, _ in data.packs
	some request in data.mcp.packs[name].require_approval
}

redact contains edit if {
	some name, _ in data.packs
	some edit in data.mcp.packs[name].redact
}

label contains label_name if {
	some name, _ in data.packs
	some label_name in data.mcp.packs[name].label
}

reply_redact contains edit if {
	some name, _ in data.packs
	some edit in data.mcp.packs[name].reply_redact
}

reply_inspect contains name if {
	some name, _ in data.packs
	some _ in data.mcp.packs[name].reply_inspect
}

block contains _unknown(name) if {
	some name, settings in data.packs
	not _known(name, settings)
}

block contains _unknown("…") if {
	packs := data.packs
	not is_object(packs)
}

# METADATA
# title: Pack that is not there
# custom:
#   code: packs.unknown
#   message: The policy data of this gate names a pack it does not have.
#   phases: [request, response, list, server_request, client_response, notification]
_unknown(name) := reason.saying(rego.metadata.rule(), concat("", [
	$"The policy data of this gate has packs.{name}, which is no pack with settings it knows. Whoever runs the gate ",
	"has to correct it: packs is a mapping from names to settings, and {} means the defaults.",
]))

block contains _malformed(name, setting) if {
	some name, given in data.packs
	given != {}
	some setting in settings.wrong(name)
}

# METADATA
# title: Setting that cannot be read
# description: A misspelt setting would otherwise protect nothing.
# custom:
#   code: packs.malformed
#   message: A setting of a pack cannot be read.
#   phases: [request, response, list, server_request, client_response, notification]
_malformed(name, setting) := reason.saying(
	rego.metadata.rule(),
	$"packs.{name}.{setting} in the policy data of this gate cannot be read. Whoever runs it has to correct that.",
)

_from(name, given) := object.union({"rule": $"mcp.packs.{name}"}, given) if {
	is_object(given)
} else := given

_known(name, settings) if {
	is_object(settings)
	is_set(data.mcp.packs[name].block)
}
