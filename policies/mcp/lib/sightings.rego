# METADATA
# title: Sightings
# description: |
#   What one showing of a value is worth by itself, an element of `seen` in `input.provenance`: by the class of what
#   showed it, by how it stood there, and by the name of its field. Servers name their fields as they like, so the lists
#   here hold what is usual; who names them otherwise is asked once more than needed.
package mcp.lib.sightings

# METADATA
# description: The class of what showed it; `outside` where there is none.
source(seen) := object.get(data.tools, [server, shown_by, "source"], "outside") if {
	server := object.get(seen, "server", "")
	shown_by := object.get(seen, "tool", object.get(seen, "method", ""))
}

# METADATA
# description: An address book that has it, or a record in which it stands alone or among few words, and not in a field for prose.
vouches(seen) if {
	source(seen) == "directory"
	not prose(seen)
}

vouches(seen) if {
	source(seen) == "record"
	_stands_out(seen)
	not prose(seen)
}

_stands_out(seen) if has_a_field(seen)

_stands_out(seen) if seen.alone

_stands_out(seen) if seen.brief

_stands_out(seen) if _is_of_field(seen)

# METADATA
# description: It is all of a field, or the address in one.
has_a_field(seen) if seen.how == "whole"

has_a_field(seen) if seen.mailbox

has_a_field(seen) if {
	seen.label
	seen.alone
}

_is_of_field(seen) if seen.label

_is_of_field(seen) if not endswith(seen.field, "/content/*/text")

# METADATA
# description: The name of the member that holds it; elements of a list have that of the list.
field_name(seen) := seen.label if {
	seen.label
} else := lower(parts[count(parts) - 1]) if {
	parts := [part | some part in split(seen.field, "/"); not part in {"*", "", "value"}]
} else := ""

# METADATA
# description: A field for sentences, in which anybody's words may stand.
prose(seen) if {
	_is_of_field(seen)
	field_name(seen) in {
		"subject", "title", "description", "body", "text", "content", "contents", "note", "notes", "memo", "purpose",
		"narrative", "remittance", "comment", "comments", "message", "summary", "snippet", "reference", "remark",
		"remarks", "details", "bio", "about", "caption", "instructions", "review", "reviews", "html", "markdown",
		"readme", "preview", "excerpt",
	}
}

# METADATA
# description: A field for what somebody wants to be called.
is_chosen(seen) if {
	field_name(seen) in {
		"displayname", "display_name", "nickname", "nick", "realname", "real_name", "fullname", "full_name", "status_text",
	}
}

# METADATA
# description: A field for what somebody or something is called, in which an address is whatever its writer likes.
says_how_called(seen) if regex.match(`(^|_|display|full|real|nick)name$`, field_name(seen))

# METADATA
# description: A field for where somebody wants to be reached, which need not be where they are.
says_where_to(seen) if field_name(seen) in _places_to_reach

_places_to_reach := {"reply_to", "replyto", "reply-to", "contact", "support"}

# METADATA
# description: "One of these words is in the name of its field: `iban` in `sender_iban`, `url` in `downloadUrl`."
says_what(seen, words) if {
	some word in words
	contains(field_name(seen), word)
}

# METADATA
# description: "A field for who or which thing an entry is of: `from`, `author/email`, `customerId`."
says_who(seen) if field_name(seen) in _people

says_who(seen) if {
	field_name(seen) in _of_somebody
	some part in split(lower(seen.field), "/")
	some name in {part, trim_suffix(part, "s")}
	name in _people
}

says_who(seen) if {
	name := field_name(seen)
	some what in _of_somebody
	trim_right(trim_suffix(name, what), "_") in _people
}

# Of the entry itself, in a field that is nothing else.
says_who(seen) if {
	field_name(seen) in {"email", "email_address", "emailaddress", "address", "mail", "mailbox"}
	parts := {part | some part in split(lower(seen.field), "/")}
	parts & _places_to_reach == set()
}

# `email_ccs/email`, `cc_emails`
says_who(seen) if {
	some part in split(lower(seen.field), "/")
	regex.match(`^(e?mail_?)?(cc|bcc)s?$|^(cc|bcc)_?(e?mails?|addresses|recipients)$`, part)
	field_name(seen) in (_of_somebody | {part})
}

_of_somebody := {
	"email", "emails", "address", "addresses", "email_address", "email_addresses", "emailaddress", "emailaddresses",
	"login", "id", "ids", "name", "username",
}

_people := {
	"from", "sender", "author", "authors", "owner", "owners", "organizers", "organizer", "organiser", "creator",
	"participants", "participant", "attendees", "attendee", "members", "member", "user", "users", "login", "to", "cc",
	"assignee", "assignees", "recipients", "recipient", "reporter", "invitees", "guests", "shared_with",
	"collaborators", "customer", "client", "requester", "applicant", "candidate", "buyer", "seller", "supplier",
	"vendor", "patient", "guest", "employee", "submitter", "created_by", "opened_by", "requested_by", "jid",
}
