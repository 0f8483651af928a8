# METADATA
# title: Scopes
# description: |
#   `data.scopes.<server>` with any of read, write, delete and deny confines the paths in a request:
#       filesystem: { read: ["/workspace/**"], write: ["/workspace/drafts/**"], deny: [".env", "secrets"] }
#   Each canonical path must lie inside the globs of what the tool does with it; deny wins; delete falls back to
#   write; a tool whose effect is not known needs read and write. What could not be seen clearly is refused.
#   operations and deny_operations confine SQL, repos and without_repo repositories, actions and deny_actions the
#   words tools' names begin with.
package mcp.rules.scopes

import data.mcp.lib.reason
import data.mcp.lib.scope

# What may refuse a request is in _refusals, in all files of this package. Servers without a scope stop here.
block contains reason if {
	input.phase == "request"
	_ = data.scopes[input.server]
	some reason in _refusals
}

# One question for a path nothing is wrong with, which is nearly every one, in place of five.
_refusals contains reason if {
	_confines_paths
	some fact in input.paths
	not _harmless(fact)
	some reason in _path_refusals
}

_harmless(fact) if {
	fact.declared
	_plainly_spelt(fact)
	_inside(fact)
	not _is_denied(fact)
	not _would_move_denied(fact)
}

_path_refusals contains _outside(fact) if {
	some fact in input.paths
	not _inside(fact)
}

# METADATA
# title: Outside the scope
# custom:
#   code: scopes.outside
#   message: The path is outside what this server may touch.
#   phases: [request]
_outside(fact) := reason.saying(
	rego.metadata.rule(),
	$"{fact.path} is outside what {input.server} may {_verb(fact)}. Use a path inside {_allowed(fact)}.",
)

_path_refusals contains _denied(fact) if {
	some fact in input.paths
	_is_denied(fact)
}

_is_denied(fact) if scope.denied(fact.path, _scope.deny)

# METADATA
# title: Denied path
# custom:
#   code: scopes.denied
#   message: The path is denied.
#   phases: [request]
_denied(fact) := reason.saying(
	rego.metadata.rule(),
	$"{fact.path} is denied on {input.server}, whatever else is allowed. Leave it out.",
)

_path_refusals contains _holds_denied(fact) if {
	some fact in input.paths
	_would_move_denied(fact)
}

_would_move_denied(fact) if {
	fact.op != "read"
	scope.holds_denied(fact.path, _scope.deny)
}

# METADATA
# title: Folder around a denied path
# description: Moving or deleting it would take the denied path along, out of reach of its rule.
# custom:
#   code: scopes.holds_denied
#   message: The folder holds a denied path.
#   phases: [request]
_holds_denied(fact) := reason.saying(
	rego.metadata.rule(),
	$"{fact.path} holds a denied path, so it can only be read. Name what you want to change inside it.",
)

_path_refusals contains _unclear(fact) if {
	some fact in input.paths
	not _plainly_spelt(fact)
}

# METADATA
# title: Unclear spelling
# description: >-
#   Relative paths, dot segments, escapes and the like: the server may resolve them to another place than the gate.
# custom:
#   code: scopes.unclear
#   message: The path can be read in more than one way.
#   phases: [request]
_unclear(fact) := reason.saying(rego.metadata.rule(), concat("", [
	$"The path at {fact.at} is not spelt plainly {fact.suspicious}; the gate reads it as {fact.path}. Write the ",
	"absolute path, without detours and escapes.",
]))

_path_refusals contains _undeclared(fact) if {
	some fact in input.paths
	not fact.declared
}

# METADATA
# title: Path in an argument nobody declared
# custom:
#   code: scopes.undeclared
#   message: An argument looks like a path and is not declared as one.
#   phases: [request]
_undeclared(fact) := reason.saying(rego.metadata.rule(), concat("", [
	$"{fact.at} looks like a path, and nothing says that {input.server} takes one there. Leave it out, or have the ",
	$"argument declared in the policy data under tools.{input.server}.",
]))

_refusals contains _unknown if {
	some fact in input.unknown
	fact != "provenance"
	_scope != {}
}

# METADATA
# title: Facts that could not be derived
# custom:
#   code: scopes.unknown
#   message: >-
#     The arguments could not be read well enough to tell what they touch. Give every path as one plain, absolute
#     string and every statement as plain SQL.
#   phases: [request]
_unknown := reason.of(rego.metadata.rule())

_refusals contains _unknown_file if {
	startswith(lower(input.uri), "file:")
	_confines_paths
	not _uri_has_a_path
}

# METADATA
# title: File URI without a path
# custom:
#   code: scopes.unknown_file
#   message: The gate could not tell which file the URI names. Write it as file:///absolute/path.
#   phases: [request]
_unknown_file := reason.of(rego.metadata.rule())

_uri_has_a_path if {
	some fact in input.paths
	fact.at == "/uri"
}

_confines_paths if {
	_scope.read
} else if {
	_scope.write
} else if {
	_scope.delete
} else if {
	_scope.deny
}

_inside(fact) if {
	fact.op == "read"
	scope.within(fact.path, _scope.read)
} else if {
	fact.op == "write"
	scope.within(fact.path, _scope.write)
} else if {
	fact.op == "delete"
	scope.within(fact.path, _deletable)
} else if {
	fact.op == "unknown"
	scope.within(fact.path, _scope.read)
	scope.within(fact.path, _scope.write)
}

_deletable := object.get(_scope, "delete", object.get(_scope, "write", []))

_plainly_spelt(fact) if fact.suspicious == []

_verb(fact) := "both read and write" if {
	fact.op == "unknown"
} else := fact.op

_allowed(fact) := _deletable if {
	fact.op == "delete"
} else := $"both {object.get(_scope, "read", [])} and {object.get(_scope, "write", [])}" if {
	fact.op == "unknown"
} else := object.get(_scope, fact.op, [])

# A default, because what is undefined is looked up anew each time it is asked for.
default _scope := {}

_scope := data.scopes[input.server]
