# METADATA
# title: Provenance
# description: |
#   Where the values of a call's arguments came from, and what that is worth by the classes in `data.tools`:
#       block contains … if provenance.only_inside_text("/recipients")
#   Arguments are named by pointer; one that holds more than one value means each of them, elements and values inside
#   longer text included. A tool without a class shows what outsiders wrote. What could not be traced counts as outside.
package mcp.lib.provenance

import data.mcp.lib.sightings

# METADATA
# description: >-
#   A value of the argument was not vouched for by a record, an address book, the caller's own earlier use or the user's
#   words, and was shown by something outside, or stands in text outsiders may have written.
from_outside(arg) if {
	some value in values(arg)
	planted(value)
}

# METADATA
# description: A value of the argument was met, and never but inside longer text.
only_inside_text(arg) if {
	some value in values(arg)
	not value.used
	some _ in _sightings(value)
	every seen in _sightings(value) {
		not sightings.has_a_field(seen)
	}
}

# METADATA
# description: Every value of the argument was in the caller's own arguments before anything showed it.
first_used_by_caller(arg) if {
	some _ in values(arg)
	every value in values(arg) {
		value.first["in"] == "args"
	}
}

# METADATA
# description: A value of the argument was never met, or nobody knows.
unknown(arg) if {
	some value in values(arg)
	not value.first
}

unknown(arg) if {
	some _ in values(arg)
	untraced
}

unknown(arg) if {
	values(arg) == []
	_given(arg)
}

# METADATA
# description: The index has forgotten something this caller met, or is not kept.
untraced if "provenance" in input.unknown

untraced if not input.provenance

# METADATA
# description: Entries of `input.provenance` for the argument.
values(arg) := [value |
	at := pointer(arg)
	some value in input.provenance
	_within(value.at, at)
]

# METADATA
# description: "The argument's pointer into the input: `/to`, `to` and `/args/to` mean the same."
pointer(arg) := arg if {
	startswith(arg, "/args/")
} else := concat("", ["/args", arg]) if {
	startswith(arg, "/")
} else := concat("/", ["/args", arg])

_within(at, above) if at == above

_within(at, above) if startswith(at, concat("", [above, "/"]))

_given(arg) if {
	some at in [pointer(arg)]
	parts := split(trim_prefix(at, "/args/"), "/")
	object.get(input.args, parts, null) != null
}

# METADATA
# description: >-
#   Somebody vouches for the value: an address book, a field or cell of a record, the caller's own use before anything
#   outside was read, or the user's words.
trusted(value) if value.intent == true

trusted(value) if _vouched_for(value)

trusted(value) if {
	some piece in value.pieces
	piece.of == "base"
	_vouched_for(piece)
}

_vouched_for(met_thing) if _own(met_thing)

_vouched_for(met_thing) if {
	some seen in _sightings(met_thing)
	sightings.vouches(seen)
	not _washed(met_thing, seen)
}

# A record that only shows what the caller wrote there since it met the value outside.
_washed(value, seen) if {
	sightings.source(seen) == "record"
	seen.after_use
	some other in _sightings(value)
	not sightings.vouches(other)
	not other.after_use
}

# METADATA
# description: >-
#   Not vouched for, but the field of its own that says who or which thing an entry is, such as the sender of a mail or the
#   id of an issue, or in the text of a record. Good enough to answer somebody or to go on with something, not to hand over
#   money or rights.
met(value) if {
	some seen in _sightings(value)
	sightings.has_a_field(seen)
	sightings.source(seen) == "mixed"
	_names(value, seen)
}

met(value) if {
	some seen in _sightings(value)
	sightings.source(seen) == "record"
	not sightings.prose(seen)
	not _washed(value, seen)
}

met(value) if {
	some piece in value.pieces
	piece.of == "base"
	some seen in piece.seen
	sightings.has_a_field(seen)
	sightings.source(seen) == "mixed"
	sightings.says_who(seen)
}

# METADATA
# description: Entries have it, and none in a field that says who, where or which.
only_in_other_fields(value) if {
	not value.kind in {"address", "account", "url", "host"}
	not trusted(value)
	some _ in _sightings(value)
	every seen in _sightings(value) {
		not _says_which(seen)
	}
}

_says_which(seen) if sightings.says_who(seen)

_says_which(seen) if sightings.source(seen) == "record"

# An element of a bare list.
_says_which(seen) if {
	sightings.has_a_field(seen)
	sightings.field_name(seen) == ""
}

_says_which(seen) if {
	sightings.has_a_field(seen)
	regex.match(`(id|name|key|channel|room|chat|group|jid|thread|conversation|space|team|handle|number|phone|ts)s?$`, sightings.field_name(seen))
}

# METADATA
# description: An entry has it as somebody who takes part, and not only as whoever wrote it.
takes_part(value) if {
	some seen in _sightings(value)
	sightings.has_a_field(seen)
	sightings.source(seen) == "mixed"
	sightings.field_name(seen) in {
		"shared_with", "collaborators", "members", "member", "participants", "attendees", "owner", "assignees", "users",
		"guests", "invitees",
	}
}

_names(value, seen) if {
	value.kind == "address"
	sightings.says_who(seen)
	not sightings.says_how_called(seen)
}

# What a server showed in a field of its own, it may be asked to act on itself.
_names(value, seen) if {
	value.kind == "account"
	seen.server == input.server
	not sightings.prose(seen)
	not sightings.says_where_to(seen)
}

_names(value, seen) if {
	value.kind in {"url", "host"}
	seen.server == input.server
	sightings.says_what(seen, {"url", "link", "href", "uri", "host", "domain"})
}

# `gid://shop/Order/7`
_names(value, seen) if {
	value.kind == "url"
	seen.server == input.server
	regex.match(`(^|_)(g|u)?ids?$`, sightings.field_name(seen))
}

_names(value, seen) if {
	not value.kind in {"address", "account", "url", "host"}
	not sightings.prose(seen)
	not sightings.is_chosen(seen)
}

# METADATA
# description: >-
#   A link that leads where one's own things are: a record or an address book has it or another page of its domain, or a
#   server showed it as the link of an entry.
known_link(value) if {
	some seen in _sightings(value)
	sightings.source(seen) in {"record", "directory"}
	not sightings.prose(seen)
	not _washed(value, seen)
}

known_link(value) if {
	some seen in _sightings(value)
	sightings.has_a_field(seen)
	sightings.source(seen) == "mixed"
	sightings.field_name(seen) in {
		"link", "permalink", "html_url", "web_url", "weburl", "webviewlink", "web_view_link", "weblink", "share_url",
		"share_link", "shared_link", "url", "listing_url", "listingurl", "issue_url", "issueurl", "page_url", "pageurl",
	}
}

known_link(value) if known_place(value)

# METADATA
# description: A place where one's own things are, by what a record or an address book has of it.
known_place(value) if {
	some piece in value.pieces
	piece.of != "part"
	not piece.text in _anybodys
	_vouched_for(piece)
}

# Of the very server that is to act on it.
_own_fields(value) := [seen |
	some seen in _sightings(value)
	seen.server == input.server
	sightings.has_a_field(seen)
]

# METADATA
# description: Met as the path of something, in an answer of the very server that is to act on it.
path_of_the_server(value) if {
	some seen in _own_fields(value)
	sightings.says_what(seen, {"path", "file"})
}

# METADATA
# description: Met as what names an entry, in an answer of the very server that is to act on it.
id_of_the_server(value) if {
	some seen in _own_fields(value)
	regex.match(`(id|key|number|slug|uuid|sha|etag|rev|revision|version|ts|timestamp)s?$`, sightings.field_name(seen))
}

# METADATA
# description: An address book has it as a name.
is_name_in_address_book(value) if {
	some seen in _sightings(value)
	sightings.source(seen) == "directory"
	sightings.has_a_field(seen)
	sightings.says_what(seen, {"name", "payee", "beneficiary", "creditor", "recipient", "holder"})
}

# METADATA
# description: >-
#   A URL that takes along what others have shown than those that named its place: some words, or what looks like a key.
carries(value) if {
	some piece in _taken_along(value)
	regex.match(`\S\s+\S|^.{12,}$`, piece.text)
	regex.match(`\s|\d`, piece.text)
}

# One after the other they say as much.
carries(value) if {
	told_apart := [piece | some piece in _taken_along(value); regex.match(`\d`, piece.text)]
	count(told_apart) > 1
}

_taken_along(value) := [piece |
	some piece in value.pieces
	piece.of == "part"
	piece.first["in"] != "args"
	some _ in _sightings(piece)
	piece.apart
]

# METADATA
# description: A path that was not met, below a folder or with an end that only text from outside has named.
in_planted_place(value) if {
	not trusted(value)
	not met(value)
	some piece in value.pieces
	piece.of in {"folder", "tail"}
	_planted_piece(piece)
}

_accounts := {
	"iban", "account", "acct", "recipient", "payee", "payer", "creditor", "debtor", "beneficiary", "sender",
	"counterparty", "number", "card", "wallet", "destination",
}

# METADATA
# description: Met in a field for accounts, in an answer of the very server that is to act on it.
account_of_the_server(value) if {
	some seen in _own_fields(value)
	sightings.source(seen) == "mixed"
	_is_field_for_accounts(seen)
	not sightings.prose(seen)
}

_is_field_for_accounts(seen) if sightings.says_what(seen, _accounts)

_is_field_for_accounts(seen) if sightings.field_name(seen) in {"source", "source_id"}

# METADATA
# description: Came from outside and nobody vouches for it, or was made of what came from outside.
planted(value) if {
	not trusted(value)
	not met(value)
	_outside(value)
}

_outside(value) if {
	some _ in _sightings(value)
}

_outside(value) if value.more

_outside(_) if untraced

_outside(value) if {
	some piece in _telling(value)
	_planted_piece(piece)
}

_outside(value) if {
	some making in value.made_from
	sightings.source(making) != "directory"
}

# The host says more than the domain it is of; a domain that gives mailboxes to everybody says nothing.
_telling(value) := [piece |
	some piece in value.pieces
	_belongs_together(value, piece)
	not piece.text in _anybodys
	not _better_known(piece, value)
]

# Other mailboxes of a host are other people's; its other pages are not.
_belongs_together(_, piece) if piece.of in {"base", "like"}

_belongs_together(value, piece) if {
	value.kind in {"url", "host"}
	piece.of != "part"
}

_anybodys := {
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com",
	"proton.me", "protonmail.com", "aol.com", "gmx.com", "gmx.net", "gmx.de", "web.de", "mail.ru", "qq.com", "163.com",
}

_better_known(piece, value) if {
	piece.of == "site"
	some other in value.pieces
	other.of == "host"
}

_planted_piece(piece) if {
	some _ in _sightings(piece)
	not _known_piece(piece)
}

_known_piece(piece) if _vouched_for(piece)

# A folder, in a list of the very server that is to act on it.
_known_piece(piece) if {
	piece.of == "folder"
	path_of_the_server(piece)
}

# The same of what is in a bucket, behind the name of that.
_known_piece(piece) if {
	piece.of == "tail"
	some seen in _own_fields(piece)
	sightings.field_name(seen) == "key"
}

_known_piece(piece) if {
	some seen in _sightings(piece)
	sightings.source(seen) == "mixed"
	sightings.has_a_field(seen)
	sightings.says_who(seen)
}

# METADATA
# description: >-
#   Text that outsiders may have written names the value too, whoever else vouches for it, and neither the caller nor the
#   user named it first.
named_outside(value) if {
	not value.intent
	not _own(value)
	some seen in _sightings(value)
	not sightings.has_a_field(seen)
	not sightings.vouches(seen)
	not _is_the_services_word(seen)
}

# What a record says in its own words, and the links that an entry has.
_is_the_services_word(seen) if {
	sightings.source(seen) == "record"
	not sightings.prose(seen)
}

_is_the_services_word(seen) if regex.match(`(url|link|href|uri)s?$`, sightings.field_name(seen))

_own(value) if {
	value.first["in"] == "args"
	not "read_outside" in value.first.labels
}

# Shown only after the caller came up with it, and not put together from what had been shown.
_own(value) if {
	value.at
	value.first["in"] == "args"
	some _ in _sightings(value)
	not value.made_from
	not untraced
}

# METADATA
# description: The caller has been at the place the URL names, or at another page of its host; writing it somewhere is not going there.
visited(value) if value.used.how == "whole"

visited(value) if {
	some piece in value.pieces
	piece.of == "host"
	piece.used.how == "whole"
}

# An answer that only says a call's own arguments again shows nothing.
_sightings(value) := [seen |
	some seen in value.seen
	not seen.echo
]

# METADATA
# description: "Where it came from, in words: `first seen inside the text of mail__search, 3 s ago`."
told(value) := $"first seen {_place(seen)} {_whose(seen)}, {seen.age_s} s ago" if {
	some seen in array.slice(_sightings(value), 0, 1)
} else := $"never shown as it is, but {_made(making)} what {_whose(making)} showed {making.age_s} s ago" if {
	some making in array.slice(value.made_from, 0, 1)
} else := $"never shown, but its {_called(piece)}, {piece.text}, was first seen {_place(seen)} {_whose(seen)}, {seen.age_s} s ago" if {
	some piece in array.slice(_telling(value), 0, 1)
	some seen in array.slice(_sightings(piece), 0, 1)
} else := $"never shown, but the {piece.of} {piece.text} was first seen {_place(seen)} {_whose(seen)}, {seen.age_s} s ago" if {
	some piece in value.pieces
	piece.of in {"folder", "tail"}
	some seen in array.slice(_sightings(piece), 0, 1)
} else := "met where nobody remembers any more"

_called(piece) := "likeness" if {
	piece.of == "like"
} else := piece.of

_place(seen) := "as a field of" if {
	sightings.has_a_field(seen)
} else := "inside the text of"

_whose(seen) := object.get(seen, "name", concat(" of ", [object.get(seen, "method", "an answer"), seen.server]))

_made(making) := "all its words stand in" if {
	making["as"] == "words"
} else := $"it stands {making["as"]} in" if {
	making["as"] == "reversed"
} else := $"it stands in {making["as"]} in"
