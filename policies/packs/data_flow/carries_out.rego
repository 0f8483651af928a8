# URLs that are only looked at, and could take along what was read or told.
package mcp.packs.data_flow

import data.mcp.lib.chain
import data.mcp.lib.provenance
import data.mcp.lib.reason
import data.mcp.lib.settings
import data.mcp.lib.sightings

_refusals contains _carries_out(sink) if {
	some sink in _sinks
	sink.fetched
	chain.after(_reading_labels[_], settings.of("data_flow", "window_s"))
	_unshown(sink.value)
}

_refusals contains _carries_out(sink) if {
	some sink in _sinks
	sink.fetched
	_has_a_query(sink.value)
	chain.after("read_file", settings.of("data_flow", "window_s"))
	_unshown(sink.value)
}

_refusals contains _carries_out(sink) if {
	some sink in _sinks
	sink.fetched
	provenance.planted(sink.value)
	_takes_along(sink.value)
}

# METADATA
# title: A URL made for a place that only outside text names
# custom:
#   code: data_flow.carries_out
#   message: >-
#     The URL could carry out what was read.
#   phases: [request]
_carries_out(sink) := reason.saying(
	rego.metadata.rule(),
	$"The {_named(sink)} was never shown like this, and {provenance.told(sink.value)}: what was read could leave in it. Fetch what was shown, as it was shown.",
)

_reading_labels contains "read_private"

_reading_labels contains "read_inside"

_reading_labels contains label_name if some label_name in settings.of("data_flow", "private")

# Shown by nothing as it stands, at a place that only outside text has named, and with words in it that this text does not
# have.
_unshown(value) if {
	provenance.planted(value)
	not _shown_as_it_is(value)
	not _all_from_outside(value)
}

_all_from_outside(value) if {
	not _has_a_query(value)
	some making in value.made_from
	sightings.source(making) == "outside"
}

# Room for what was read.
_has_a_query(value) if contains(value.inside, "?")

_has_a_query(value) if {
	not value.inside
	contains(_text_of(value), "?")
}

_has_a_query(_) if not input.args

_takes_along(value) if provenance.carries(value)

# Nobody calls a host by what stands in a file.
_takes_along(value) if {
	some piece in value.pieces
	piece.apart
	piece.text in _labels_before_the_domain(value)
}

# Numbers of things and days of people that nothing has shown: the user has told them, and not for this.
_takes_along(value) if {
	not _shown_as_it_is(value)
	heard := {piece.text | some piece in value.pieces; piece.of == "part"}
	some part in (_names_behind_the_host(value) | _labels_before_the_domain(value))
	count(part) > 7
	regex.match(`\d`, part)
	not part in heard
}

# Nobody's page asks for a name of whoever looks at it.
_takes_along(value) if regex.match(`^\s*[a-z][a-z0-9+.-]*:[\\/]*[^\\/?#]*@`, lower(_text_of(value)))

_takes_along(_) if not input.args

_names_behind_the_host(value) := {name |
	text := object.get(value, "inside", _text_of(value))
	found := regex.find_all_string_submatch_n(`(?s)^(?:[a-z][a-z0-9+.-]*:)?(?://)?[^/?#]*(.*)$`, lower(text), 1)
	some name in regex.split(`[/?&=#;]`, found[0][1])
}

# Of a host that was not shown, at a domain that was.
_labels_before_the_domain(value) := {label |
	not _host_was_shown(value)
	some piece in value.pieces
	piece.of == "site"
	some host in _hosts_of(value)
	_is_or_under(host, piece.text)
	some label in split(trim_suffix(host, piece.text), ".")
}

_host_was_shown(value) if {
	some piece in value.pieces
	piece.of == "host"
}
