# METADATA
# title: Data flow
# description: >-
#   Looks at where the values come from that say where something goes: who gets a message or an invitation, which account
#   money, which file is deleted, what is downloaded and run. A value that only text from outside has shown, or that was
#   put together from such text, is held for a person or refused; one that records, address books, the user or the
#   caller's own earlier work have shown goes through. Needs the classes of tools, data.tools; a tool without one counts
#   as having effects and as showing what outsiders wrote.
# custom:
#   owasp: [MCP06, MCP10]
#   settings:
#     action: "approve or block."
#     inside: "Hosts, with their subdomains, and addresses that may always be used."
#     private: "After one of these labels things only go where somebody vouches for."
#     window_s: "For how long, in seconds."
package mcp.packs.data_flow

import data.mcp.lib.chain
import data.mcp.lib.classes
import data.mcp.lib.provenance
import data.mcp.lib.reason
import data.mcp.lib.settings
import data.mcp.lib.sightings

# METADATA
# title: Who read what outsiders may have written
# custom:
#   phases: [request]
label contains "read_outside" if {
	input.phase == "request"
	_reads_outside
}

_reads_outside if {
	input.method == "tools/call"
	sightings.source(input) in {"outside", "mixed"}
}

_reads_outside if input.method in {"resources/read", "prompts/get"}

# METADATA
# title: Who read what is not for everybody
# custom:
#   phases: [request]
label contains "read_inside" if {
	input.phase == "request"
	input.method == "tools/call"
	sightings.source(input) in {"record", "directory", "mixed"}
}

# METADATA
# title: Who read a file, whoever wrote it
# custom:
#   phases: [request]
label contains "read_file" if {
	input.phase == "request"
	input.method == "tools/call"
	some given in classes.of_tool.sinks
	classes.holds(given) == "path"
}

require_approval contains refusal if {
	settings.of("data_flow", "action") == "approve"
	some refusal in _refusals
}

block contains refusal if {
	settings.of("data_flow", "action") != "approve"
	some refusal in _refusals
}

_refusals contains _from_outside(sink) if {
	some sink in _sinks
	not _link(sink)
	not sink.fetched
	_planted(sink)
	not _passes(sink)
}

_planted(sink) if provenance.planted(sink.value)

_planted(sink) if {
	_places_something
	provenance.in_planted_place(sink.value)
}

# Whoever may fill a field of an entry may write there where things should go.
_planted(sink) if {
	sink.kind in {"channel", "user", "address"}
	provenance.only_in_other_fields(sink.value)
}

# Nobody has said this path, but nobody works there either.
_planted(sink) if {
	sink.kind == "path"
	_places_something
	_is_of_the_login(sink.value)
	not provenance.trusted(sink.value)
	_has_read_outside
}

_places_something if _destroys

_places_something if {
	classes.does_any({"write", "create", "update", "share", "post", "send", "download"})
}

_is_of_the_login(value) if regex.match(_of_the_login, lower(_text_of(value)))

_is_of_the_login(_) if not input.args

_has_read_outside if "read_outside" in object.keys(input.labels)

_has_read_outside if not input.labels

# METADATA
# title: A value that outside text put there
# custom:
#   code: data_flow.planted
#   message: >-
#     What says where this goes was only seen in text from outside.
#   phases: [request]
_from_outside(sink) := reason.saying(
	rego.metadata.rule(),
	$"The {_named(sink)} was {provenance.told(sink.value)}, and nothing the user, a record or an address book shows has it. If it is meant, a person has to say so.",
)

_refusals contains _unconfirmed(sink) if {
	some sink in _sinks
	_needs_more_than_an_entry(sink)
	provenance.met(sink.value)
	not provenance.trusted(sink.value)
	not _has_a_part_in_it(sink)
	not _is_the_servers_own(sink)
}

# An account in a field of the server that acts, and in nobody's text.
_is_the_servers_own(sink) if {
	sink.kind == "account"
	provenance.account_of_the_server(sink.value)
	not provenance.named_outside(sink.value)
}

# METADATA
# title: Money or rights for somebody who is only known from an entry
# custom:
#   code: data_flow.unconfirmed
#   message: >-
#     Money and rights only go to those whom a record, an address book or the user names.
#   phases: [request]
_unconfirmed(sink) := reason.saying(
	rego.metadata.rule(),
	$"The {_named(sink)} was {provenance.told(sink.value)}, which is enough to answer somebody and not for money or rights. A person has to say that it is meant.",
)

_refusals contains _renamed(sink, name) if {
	classes.does_any({"pay"})
	some sink in _sinks
	sink.kind == "account"
	_is_of_the_receiver(sink)
	not provenance.trusted(sink.value)
	some name in input.provenance
	not name.inside
	name.at != sink.value.at
	provenance.is_name_in_address_book(name)
}

_is_of_the_receiver(sink) if {
	regex.match(`iban|recipient|beneficiary|creditor|payee|destination|counterparty|wallet|number|^to|_to$`, _last_name(sink.value.at))
}

# METADATA
# title: Money for a name in the address book, to an account that is not
# custom:
#   code: data_flow.other_account
#   message: >-
#     The address book has the name of who is to be paid, and not this account.
#   phases: [request]
_renamed(sink, name) := reason.saying(
	rego.metadata.rule(),
	$"An address book has the name at {name.at}, and not the {_named(sink)}. Look up the account there, or have a person say that it is meant.",
)

_refusals contains _leaks(sink) if {
	some sink in _sinks
	not sink.fetched
	not _link(sink)
	chain.after(settings.of("data_flow", "private")[_], settings.of("data_flow", "window_s"))
	not provenance.trusted(sink.value)
	not provenance.planted(sink.value)
	"read_outside" in object.keys(input.labels)
}

# METADATA
# title: Something private was read, and nobody vouches for where this goes
# custom:
#   code: data_flow.private
#   message: >-
#     After something private was read, things only go where somebody vouches for.
#   phases: [request]
_leaks(sink) := reason.saying(
	rego.metadata.rule(),
	$"Something private was read, and nothing vouches for the {_named(sink)}. A person has to say that it is meant.",
)

_refusals contains _to_a_stranger(sink) if {
	some sink in _sinks
	sink.kind in {"address", "user"}
	classes.does_any({"send", "share", "post"})
	provenance.met(sink.value)
	not provenance.trusted(sink.value)
	shown := {seen.server | some seen in sink.value.seen; not seen.echo}
	not input.server in shown
	some name in {"read_file", "read_inside"}
	read := input.labels[name]
	server := split(read.from, "__")[0]
	not server in shown
	server != input.server
	read.age_s <= sink.value.first.age_s
}

# METADATA
# title: Something was read for somebody who is only known from an entry elsewhere
# custom:
#   code: data_flow.stranger
#   message: >-
#     Something was read since, and would go to somebody who is only known from an entry of another server.
#   phases: [request]
_to_a_stranger(sink) := reason.saying(
	rego.metadata.rule(),
	$"The {_named(sink)} was {provenance.told(sink.value)}, and something else was read since. A person has to say that it may go there.",
)

_refusals contains _phishes(sink) if {
	some sink in _sinks
	_link(sink)
	_leads_somewhere(sink.value)
	provenance.planted(sink.value)
	not provenance.visited(sink.value)
	not provenance.known_link(sink.value)
	not _is_of_a_recipient(sink.value)
	_speaks_to_others
}

# They know the place better than whoever planted a link to it.
_is_of_a_recipient(value) if {
	some other in _sinks
	other.value.kind == "address"
	not _link(other)
	_is_known(other.value)
	some domain in _hosts_of(other.value)
	some host in _hosts_of(value)
	_is_or_under(host, domain)
}

_is_known(value) if provenance.trusted(value)

_is_known(value) if provenance.met(value)

# METADATA
# title: A link from outside text, handed on
# custom:
#   code: data_flow.link
#   message: >-
#     A link that only outside text has shown would reach people as if it came from here.
#   phases: [request]
_phishes(sink) := reason.saying(
	rego.metadata.rule(),
	$"The {_named(sink)} was {provenance.told(sink.value)}, and would reach people as if it came from here. Leave it out, or leave it to a person.",
)

# Names of files look like hosts.
_leads_somewhere(value) if value.kind == "url"

_leads_somewhere(value) if {
	value.kind == "host"
	startswith(value.inside, "www.")
}

_leads_somewhere(value) if {
	value.kind == "host"
	parts := split(value.inside, ".")
	parts[count(parts) - 1] in {"com", "net", "org", "info", "biz", "example", "de", "uk", "eu", "ru", "cn", "xyz", "top"}
}

_refusals contains _contested(sink) if {
	some sink in _sinks
	_takes_away(sink.kind)
	not provenance.planted(sink.value)
	not provenance.trusted(sink.value)
	provenance.named_outside(sink.value)
	_is_telling(sink.value)
}

# Though a record has it, what asks for it to be taken away is the text.
_refusals contains _contested(sink) if {
	some sink in _sinks
	sink.kind == "id"
	_destroys
	provenance.trusted(sink.value)
	provenance.named_outside(sink.value)
	_is_telling(sink.value)
}

_takes_away(_) if _destroys

_takes_away(kind) if {
	kind in {"address", "user"}
	classes.does_any({"invite"})
}

_takes_away(kind) if {
	kind == "id"
	classes.does_any({"pay"})
}

# METADATA
# title: What outside text names is taken away
# custom:
#   code: data_flow.contested
#   message: >-
#     Text from outside names what would be taken away or paid, or who would be let in.
#   phases: [request]
_contested(sink) := reason.saying(
	rego.metadata.rule(),
	$"The {_named(sink)} is known, and text from outside names it as well. Before it is taken away, paid or let in, a person has to say that it is meant.",
)

_refusals contains _unheard(sink) if {
	some sink in _sinks
	_is_nothing_to_guess(sink)
	not sink.value.first
	not provenance.planted(sink.value)
	not provenance.trusted(sink.value)
	_has_read_outside
	_is_telling(sink.value)
}

_is_nothing_to_guess(sink) if {
	sink.kind == "id"
	classes.does_any({"pay"})
}

# It could have been put together from what an outsider wrote; a password is the user's to make up.
_is_nothing_to_guess(sink) if {
	sink.kind == "secret"
	not regex.match(`passw|passphrase|passcode|pin$`, _last_name(sink.value.at))
}

# METADATA
# title: Money by an id, or a key, that nothing has shown
# custom:
#   code: data_flow.unheard
#   message: >-
#     What is paid for, or the key that lets somebody in, was never shown by anything.
#   phases: [request]
_unheard(sink) := reason.saying(
	rego.metadata.rule(),
	$"The {_named(sink)} was never shown to this caller by anything, so nobody knows whose it is. Look it up first, or have a person say that it is meant.",
)

# A short number stands in any text.
_is_telling(value) if not value.kind in {"number", "word"}

_is_telling(value) if {
	value.kind in {"number", "word"}
	count(sprintf("%v", [_given(value.at)])) > 3
}

_is_telling(_) if not input.args

# A part of digits is the name of a member, or the place of an element.
_given(at) := given if {
	given := object.get(input.args, _parts(at), null)
	given != null
} else := object.get(input.args, [_place(part) | some part in _parts(at)], "")

_parts(at) := [replace(replace(part, "~1", "/"), "~0", "~") | some part in split(trim_prefix(at, "/args/"), "/")]

_place(part) := to_number(part) if {
	regex.match(`^\d+$`, part)
} else := part

_refusals contains _untracked if {
	input.phase == "request"
	input.method == "tools/call"
	count(object.get(input, "args", {})) > 0
	not input.provenance
	_acts
}

_acts if _has_effects

_acts if classes.of_tool.sinks

# METADATA
# title: Nobody remembers where values come from
# custom:
#   code: data_flow.untracked
#   message: >-
#     This gate does not remember where values come from, so it cannot tell whose this call is. Whoever runs it has to set
#     provenance.track to on.
#   phases: [request]
_untracked := reason.of(rego.metadata.rule())
