# METADATA
# title: Classes
# description: |
#   What `data.tools.<server>.<tool>` says of the tool that is called. Whoever writes classes by hand calls the same thing
#   by several names; here each has one.
package mcp.lib.classes

# METADATA
# description: The class of the tool; undefined where it has none.
of_tool := data.tools[input.server][input.tool]

# METADATA
# description: What a call changes outside, as a set, empty for one that only reads; undefined where nobody says.
effects := {name |
	some given in of_tool.effects
	name := object.get(_effects, lower(given), lower(given))
	name != "read"
} if {
	of_tool.effects
}

# METADATA
# description: It has effects, and none but these.
does_only(names) if {
	some _ in effects
	effects - names == set()
}

# METADATA
# description: It has one of these effects, or more.
does_any(names) if effects & names != set()

# METADATA
# description: "What the class says an argument holds: `address`, `account`, …"
# scope: document
holds(kind) := object.get(_kinds, lower(kind), lower(kind))

# By other names.
_effects := {
	"list": "read", "get": "read", "search": "read", "view": "read", "find": "read", "query": "read",
	"none": "read",
	"email": "send", "mail": "send", "message": "send", "dm": "send", "notify": "send", "forward": "send",
	"reply": "send", "sms": "send",
	"publish": "post", "comment": "post", "upload": "post", "announce": "post",
	"expose": "share",
	"add_user": "invite", "add_member": "invite",
	"permission": "grant", "permissions": "grant", "authorize": "grant", "authorise": "grant",
	"payment": "pay", "transfer": "pay", "purchase": "pay", "buy": "pay", "charge": "pay",
	"remove": "delete", "destroy": "delete", "erase": "delete", "purge": "delete", "trash": "delete",
	"drop": "delete",
	"edit": "write", "save": "write", "append": "write", "overwrite": "write",
	"change": "update", "modify": "update", "patch": "update",
	"browse": "fetch", "visit": "fetch", "open": "fetch", "request": "fetch",
	"exec": "execute", "run": "execute", "install": "execute", "command": "execute",
}

_kinds := {
	"email": "address", "mail": "address", "e-mail": "address", "email_address": "address", "recipient": "address",
	"recipients": "address", "mailbox": "address", "attendee": "address", "attendees": "address",
	"username": "user", "user_id": "user", "member": "user", "person": "user", "login": "user", "handle": "user",
	"collaborator": "user",
	"room": "channel", "group": "channel", "conversation": "channel",
	"iban": "account", "bank_account": "account", "account_number": "account", "card": "account",
	"payee": "account", "beneficiary": "account", "wallet": "account",
	"uri": "url", "link": "url", "href": "url", "webhook": "url", "endpoint": "url",
	"hostname": "host", "domain": "host",
	"file_path": "path", "filepath": "path", "filename": "path", "folder": "path", "directory": "path",
	"command": "code", "script": "code", "shell": "code", "sql": "code", "source_code": "code",
	"key": "secret", "token": "secret", "password": "secret", "credential": "secret", "ssh_key": "secret",
	"public_key": "secret",
	"body": "text", "content": "text", "message": "text", "prose": "text", "subject": "text", "title": "text",
	"description": "text", "note": "text", "comment": "text", "summary": "text", "reason": "text",
	"caption": "text", "html": "text", "markdown": "text", "query": "text", "snippet": "text",
	"date": "amount", "time": "amount", "datetime": "amount", "number": "amount", "price": "amount",
	"quantity": "amount", "currency": "amount", "count": "amount", "limit": "amount", "boolean": "amount",
}
