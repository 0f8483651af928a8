# METADATA
# title: Filesystem
# description: >-
#   Keeps tools off files that open other doors (keys, credentials, shell and login files, the inside of
#   repositories) wherever they lie, and off paths that can be read in more than one way. Scopes say where a
#   server may work; this says what it never touches there.
# custom:
#   owasp: [MCP01, MCP02, MCP05]
#   settings:
#     protected: "Globs of what is never touched, at any depth where they do not begin with a slash."
#     startup: "Globs of what runs by itself: it may be read and not changed."
package mcp.packs.filesystem

import data.mcp.lib.reason
import data.mcp.lib.scope
import data.mcp.lib.settings

block contains _protected(fact) if {
	input.phase == "request"
	some fact in input.paths
	scope.denied(fact.path, settings.of("filesystem", "protected"))
}

# METADATA
# title: Protected file
# custom:
#   code: filesystem.protected
#   message: >-
#     The path is one that opens other doors.
#   phases: [request]
_protected(fact) := reason.saying(
	rego.metadata.rule(),
	$"{fact.path} is protected wherever it lies, because what it holds opens other doors. Leave it to a person.",
)

block contains _startup(fact) if {
	input.phase == "request"
	some fact in input.paths
	fact.op != "read"
	scope.denied(fact.path, settings.of("filesystem", "startup"))
}

# METADATA
# title: File that runs by itself
# custom:
#   code: filesystem.startup
#   message: >-
#     The path is one that something runs without being asked.
#   phases: [request]
_startup(fact) := reason.saying(
	rego.metadata.rule(),
	$"{fact.path} runs by itself sooner or later, so it may be read and not changed. Propose the change to a person.",
)

block contains _unclear(fact) if {
	input.phase == "request"
	some fact in input.paths
	some sign in fact.suspicious
	sign != "relative"
}

# METADATA
# title: Path with more than one reading
# custom:
#   code: filesystem.unclear
#   message: >-
#     The path can be read in more than one way.
#   phases: [request]
_unclear(fact) := reason.saying(
	rego.metadata.rule(),
	$"The path at {fact.at} can be read in more than one way {fact.suspicious}. Write it plainly, without detours and escapes.",
)

block contains _unknown if {
	input.phase == "request"
	"paths" in input.unknown
}

# METADATA
# title: Paths that could not be seen
# custom:
#   code: filesystem.unknown
#   message: >-
#     The gate could not see which paths the call touches. Give each as one plain string.
#   phases: [request]
_unknown := reason.of(rego.metadata.rule())
