# What may come from text although it says where something goes: the rest of the call, or what came before, says enough.
package mcp.packs.data_flow

import data.mcp.lib.classes
import data.mcp.lib.provenance
import data.mcp.lib.sightings

# What was shown as it stands, at a place the caller has been at.
_passes(sink) if {
	sink.value.kind == "url"
	_only_brings
	_shown_as_it_is(sink.value)
	provenance.visited(sink.value)
}

_is_a_file_looked_at(value) if {
	value.kind == "path"
	value.used.how == "whole"
}

# A file that was there and has been looked at; not one that other programs run or trust.
_passes(sink) if {
	_is_a_file_looked_at(sink.value)
	classes.does_only({"write", "update", "create"})
	regex.match(_in_the_workspace, _text_of(sink.value))
}

# The same of one that a list of the server itself has, wherever it is.
_passes(sink) if {
	_is_a_file_looked_at(sink.value)
	classes.does_only({"write", "update"})
	some seen in sink.value.seen
	seen.server == input.server
	seen.alone
	sightings.source(seen) in {"mixed", "record"}
	not _is_of_the_login(sink.value)
	_runs_by_no_other(sink.value)
}

# The same of one below a folder that the caller named before anything outside was read.
_passes(sink) if {
	_is_a_file_looked_at(sink.value)
	classes.does_only({"write", "update"})
	some piece in sink.value.pieces
	piece.of == "folder"
	piece.first["in"] == "args"
	not "read_outside" in piece.first.labels
	_runs_by_no_other(sink.value)
}

# A message that is answered, as the server itself has numbered it: what says where it goes is judged as well.
_passes(sink) if {
	sink.kind == "id"
	classes.does_only({"post", "send"})
	regex.match(`^((thread|message|comment|parent)_?(ts|id)|ts|timestamp|(in_)?reply_?to(_message)?(_?id)?)$`, _last_name(sink.value.at))
	provenance.id_of_the_server(sink.value)
	some other in _sinks
	other.kind in {"address", "user", "channel"}
}

# The subject of a conversation, where the place that has it is judged as well.
_passes(sink) if {
	sink.kind == "channel"
	_last_name(sink.value.at) in {"topic", "subject", "thread_name"}
	classes.does_only({"post", "send"})
	some seen in sink.value.seen
	seen.server == input.server
	sightings.has_a_field(seen)
	some other in _sinks
	other.kind in {"address", "user", "channel"}
	other.value.at != sink.value.at
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
	sink.kind in {"id", "name"}
	classes.does_only({"update", "create", "write", "download", "fetch"})
	some seen in sink.value.seen
	seen.server == input.server
	endswith(seen.field, "/content/*/text")
	seen.alone
	not _may_be_anybodys_place(sink, seen)
}

# Where something new will be is a place it goes to: a line of an outsider's text can name his own.
_may_be_anybodys_place(sink, seen) if {
	regex.match(`parent|folder|directory|destination|target|container|bucket|collection|space|project|drive`, _last_name(sink.value.at))
	sightings.source(seen) == "outside"
	not seen.label
}

# An attachment of a mail or in a conversation that is known, or what something new is called, and does not run by its name.
_passes(sink) if {
	classes.does_only({"download", "create", "write"})
	some effect in (classes.effects & {"download", "create"})
	_is_a_part(sink, effect)
	_runs_by_no_other(sink.value)
	some other in _sinks
	other.kind in {"id", "channel", "user", "address"}
	other.value.at != sink.value.at
	_is_known(other.value)
}

_is_a_part(sink, _) if sink.kind == "name"

# A name without a folder.
_is_a_part(sink, "download") if {
	sink.kind == "path"
	name := _text_of(sink.value)
	not regex.match(`[/\\]`, name)
}

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

# What something new is called, where it is not handed to anybody.
_passes(sink) if {
	sink.kind == "name"
	classes.does_only({"create"})
	regex.match(`(name|title|label|branch|tag|slug)$`, _last_name(sink.value.at))
	_runs_by_no_other(sink.value)
}

# An entry of a list of the server itself, only looked at or brought.
_passes(sink) if {
	sink.kind == "id"
	classes.does_only({"fetch", "download"})
	provenance.id_of_the_server(sink.value)
}

# Which version is changed, as the server itself numbers them.
_passes(sink) if {
	sink.kind == "id"
	regex.match(`^(sha|etag|rev|revision|version|base_version|change_key)$`, _last_name(sink.value.at))
	classes.does_only({"write", "update", "create"})
	provenance.id_of_the_server(sink.value)
}

# An element of a page, as the browser that is told to use it has named it.
_passes(sink) if {
	sink.kind == "id"
	not classes.does_any({"delete", "pay", "share", "invite", "grant"})
	some seen in sink.value.seen
	seen.server == input.server
	seen.label in {"ref", "uid"}
}

# A link that is kept in something, to a place of one's own: not one that is fetched, called or opened.
_passes(sink) if {
	sink.value.kind == "url"
	classes.does_only({"create", "update", "write"})
	provenance.known_place(sink.value)
	_shown_as_it_is(sink.value)
}

# A link of an entry, kept where links are: nothing is sent there.
_passes(sink) if {
	sink.value.kind == "url"
	classes.does_only({"create", "update", "write", "invite"})
	some part in split(lower(_plain(sink.value.at)), "/")
	regex.match(`^(web_?)?(links?|sources?|references?|bookmarks?)$`, part)
	provenance.known_link(sink.value)
	_shown_as_it_is(sink.value)
}

# What an entry has as its file, only brought, and nothing that runs by its name.
_passes(sink) if {
	sink.value.kind == "url"
	_only_brings
	_shown_as_it_is(sink.value)
	some seen in sink.value.seen
	sightings.has_a_field(seen)
	sightings.source(seen) == "mixed"
	sightings.field_name(seen) in {"url", "download_url", "downloadurl", "browser_download_url", "file_url", "fileurl"}
	_runs_by_no_other(sink.value)
}

# A file of the server's own, to which something is said.
_passes(sink) if {
	sink.kind == "path"
	classes.does_only({"post"})
	provenance.path_of_the_server(sink.value)
}

# A file as a list of files has it, for somebody who is vouched for.
_passes(sink) if {
	sink.kind == "path"
	classes.does_only({"send"})
	some seen in sink.value.seen
	seen.alone
	receivers := [other | some other in _sinks; other.kind in {"address", "user", "channel"}]
	count(receivers) > 0
	every other in receivers {
		provenance.trusted(other.value)
	}
	_runs_by_no_other(sink.value)
}

_runs_by_no_other(value) if {
	text := lower(_text_of(value))
	not regex.match(_run_by_others, text)
}

_only_brings if {
	classes.does_only({"download", "fetch", "write", "create"})
}
