# METADATA
# title: GitHub and other forges
# description: >-
#   Keeps agents from what a forge cannot take back or makes public, and from the files that run with its
#   credentials; merging and releasing wait for a person.
# custom:
#   owasp: [MCP01, MCP02, MCP04, MCP10]
#   settings:
#     servers: "Globs of servers that are forges."
#     workflows: "Globs of files that run with the forge\u2019s credentials."
package mcp.packs.github

import data.mcp.lib.effects
import data.mcp.lib.patterns
import data.mcp.lib.reason
import data.mcp.lib.scope
import data.mcp.lib.settings
import data.mcp.lib.words

block contains _administers if {
	_calls_a_forge
	words.say({"delete", "transfer", "archive", "unarchive", "collaborator", "webhook", "hook", "secret", "deploy", "permission", "protection", "visibility"})
	not effects.reads_plainly
}

# METADATA
# title: Administration of a repository
# custom:
#   code: github.administers
#   message: >-
#     The call administers a repository: who may do what in it, or whether it exists. Leave that to a person.
#   phases: [request]
_administers := reason.of(rego.metadata.rule())

block contains _publishes if {
	_calls_a_forge
	_makes_public
}

# METADATA
# title: Private content is made public
# custom:
#   code: github.publishes
#   message: >-
#     The call would make something public. Create it private; a person may publish it.
#   phases: [request]
_publishes := reason.of(rego.metadata.rule())

block contains _workflow(path) if {
	_calls_a_forge
	not effects.reads_plainly
	some path in _paths
	scope.denied(path, settings.of("github", "workflows"))
}

# METADATA
# title: File that runs with the forge’s credentials
# custom:
#   code: github.workflow
#   message: >-
#     The file runs with the credentials of the forge.
#   phases: [request]
_workflow(path) := reason.saying(
	rego.metadata.rule(),
	$"{path} runs with the credentials of the forge. Propose the change in words, and leave the file to a person.",
)

block contains _secret(secret) if {
	_calls_a_forge
	not effects.reads_plainly
	some secret in input.secrets
}

# METADATA
# title: Secret in what is written to a forge
# custom:
#   code: github.secret
#   message: >-
#     What would be written holds a secret.
#   phases: [request]
_secret(secret) := reason.saying(
	rego.metadata.rule(),
	$"There is a secret at {secret.at} ({secret.class}), and what is written to a forge is read by many. Leave it out.",
)

require_approval contains _merges if {
	_calls_a_forge
	words.say({"merge", "release", "approve", "dispatch", "rerun"})
	not effects.reads_plainly
}

# METADATA
# title: Merging and releasing
# custom:
#   code: github.merges
#   message: >-
#     Merging, releasing and starting workflows wait for a person.
#   phases: [request]
_merges := reason.of(rego.metadata.rule())

_calls_a_forge if {
	input.phase == "request"
	input.method == "tools/call"
	some pattern in settings.of("github", "servers")
	not patterns.clear_of(pattern, input.server)
}

_makes_public if input.args.private == false

_makes_public if input.args.public == true

_makes_public if input.args.visibility == "public"

_makes_public if {
	words.say({"gist"})
	not effects.reads_plainly
	not _private_gist
}

_private_gist if input.args.public == false

_paths contains fact.path if some fact in input.paths

_paths contains concat("", ["/", input.args.path])

_paths contains concat("", ["/", file.path]) if some file in input.args.files
