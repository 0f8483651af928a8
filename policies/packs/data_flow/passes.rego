# What may come from text although it says where something goes: the rest of the call, or what came before, says enough.
package mcp.packs.data_flow

import data.mcp.lib.classes
import data.mcp.lib.provenance

# What was shown as it stands, at a place the caller has been at.
_passes(sink) if {
	sink.value.kind == "url"
	_only_brings
	_shown_as_it_is(sink.value)
	provenance.visited(sink.value)
}

# A file that was there and has been looked at; not one that other programs run or trust.
_passes(sink) if {
	sink.value.kind == "path"
	sink.value.used.how == "whole"
	classes.does_only({"write", "update", "create"})
	regex.match(_in_the_workspace, _text_of(sink.value))
}

# Relative, and nothing in it is hidden.
_in_the_workspace := `^[^/\\~.:][^/\\:]*([/\\][^/\\.:][^/\\:]*)*$`

# What the argument is, or nothing where the input does not have it.
_text_of(value) := text if {
	text := sprintf("%v", [_given(value.at)])
	text != ""
}

# An entry the server itself showed, to be changed there and not taken away.
_passes(sink) if {
	sink.kind == "id"
	classes.does_only({"update", "create", "write", "download", "fetch"})
	some seen in sink.value.seen
	seen.server == input.server
	endswith(seen.field, "/content/*/text")
	seen.alone
}

# An attachment of a mail that is known, or what something new is called, and does not run by its name.
_passes(sink) if {
	classes.does_only({"download", "create", "write"})
	some effect in (classes.effects & {"download", "create"})
	_is_a_part(sink, effect)
	not regex.match(_run_by_others, lower(_text_of(sink.value)))
	some other in _sinks
	other.kind == "id"
	other.value.at != sink.value.at
	_is_known(other.value)
}

_is_a_part(sink, _) if sink.kind == "name"

_is_a_part(sink, "download") if {
	sink.kind == "id"
	some seen in sink.value.seen
	seen.server == input.server
}

# An entry of the server that sends it, where the receiver is judged as well.
_passes(sink) if {
	sink.kind == "id"
	classes.does_only({"send", "share"})
	some seen in sink.value.seen
	seen.server == input.server
	some other in _sinks
	other.kind in {"address", "user", "channel"}
}

_only_brings if {
	classes.does_only({"download", "fetch", "write", "create"})
}
