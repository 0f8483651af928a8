# METADATA
# title: Texts that must not stand in arguments
# description: |
#   `data.block_patterns` is a list of { name, text | regex, tools?, message? }. A text is looked for without regard
#   to case, a regex as RE2, in every string and member name of a tool call's arguments; tools (globs over
#   server__tool) narrows it. Keep it small: each entry looks at everything. What is declared opaque is not seen.
package mcp.rules.patterns

import data.mcp.lib.names
import data.mcp.lib.reason

# Most gates have no such patterns; then this is all that is asked.
block contains reason if {
	data.block_patterns != []
	some reason in _refusals
}

_refusals contains _found(pattern) if {
	some pattern in _relevant
	some text in _texts
	_matches(pattern, text)
}

# METADATA
# title: Forbidden text
# custom:
#   code: patterns.found
#   message: The arguments hold a text that may not be sent.
#   phases: [request]
_found(pattern) := reason.saying(rego.metadata.rule(), object.get(
	pattern, "message",
	$"The arguments hold what the rule {object.get(pattern, "name", "without a name")} forbids. Leave it out.",
))

_refusals contains _malformed if {
	some pattern in _relevant
	not _well_formed(pattern)
}

_refusals contains _malformed if {
	input.phase == "request"
	wanted := data.block_patterns
	not is_array(wanted)
}

# METADATA
# title: Pattern that cannot be read
# custom:
#   code: patterns.malformed
#   message: >-
#     A block pattern in the policy data of this gate cannot be read: it needs either text or regex. Whoever runs
#     the gate has to correct it.
#   phases: [request]
_malformed := reason.of(rego.metadata.rule())

_relevant contains pattern if {
	input.phase == "request"
	input.method == "tools/call"
	some pattern in data.block_patterns
	_about_this_tool(pattern)
}

_about_this_tool(pattern) if not _narrowed(pattern)

_about_this_tool(pattern) if names.catches(pattern.tools, input.name)

_narrowed(pattern) if "tools" in object.keys(pattern)

_texts contains text if {
	walk(input.args, [_, text])
	is_string(text)
}

_texts contains member if {
	walk(input.args, [path, _])
	member := path[count(path) - 1]
	is_string(member)
}

_matches(pattern, text) if contains(lower(text), lower(pattern.text))

_matches(pattern, text) if regex.match(pattern.regex, text)

_well_formed(pattern) if {
	is_string(pattern.text)
	not pattern.regex
}

_well_formed(pattern) if {
	is_boolean(regex.match(pattern.regex, ""))
	not pattern.text
}
