# METADATA
# title: Sampling and elicitation
# description: >-
#   Confines what servers may ask of a client: models run for named servers only and without tools, and nobody
#   is asked for a password.
# custom:
#   owasp: [MCP01, MCP06, MCP10]
#   settings:
#     servers: "Globs of servers that may ask a client to run its model."
#     max_tokens: "What one such request may ask for."
#     hosts: "Hosts a person may be sent to by a server, with their subdomains."
#     words: "Texts, in small letters, that a server does not ask a person for."
package mcp.packs.sampling

import data.mcp.lib.patterns
import data.mcp.lib.reason
import data.mcp.lib.settings

block contains _server if {
	input.phase == "server_request"
	input.method == "sampling/createMessage"
	not _may_sample
}

# METADATA
# title: Server that may not ask for the model
# custom:
#   code: sampling.server
#   message: >-
#     This server may not ask clients to run their model.
#   phases: [server_request]
_server := reason.of(rego.metadata.rule())

block contains _tools if {
	input.phase == "server_request"
	input.method == "sampling/createMessage"
	input.params.tools
}

# METADATA
# title: Tools in what a server asks the model
# custom:
#   code: sampling.tools
#   message: >-
#     A server asks the client to run its model with tools, out of reach of the rules on tools.
#   phases: [server_request]
_tools := reason.of(rego.metadata.rule())

block contains _long if {
	input.phase == "server_request"
	input.method == "sampling/createMessage"
	not _short
}

# METADATA
# title: More than a server may ask of the model
# custom:
#   code: sampling.long
#   message: >-
#     The server asks for more tokens than this gate allows, or does not say how many.
#   phases: [server_request]
_long := reason.of(rego.metadata.rule())

block contains _credential(word) if {
	input.phase == "server_request"
	input.method == "elicitation/create"
	text := lower(json.marshal(input.params))
	some word in settings.of("sampling", "words")
	contains(text, lower(word))
}

# METADATA
# title: A person is asked for a credential
# custom:
#   code: sampling.credential
#   message: >-
#     A person is asked for a credential.
#   phases: [server_request]
_credential(word) := reason.saying(
	rego.metadata.rule(),
	$"The server asks a person for something like a {word}. Credentials are entered where they belong, never in a form of a tool.",
)

block contains _elsewhere if {
	input.phase == "server_request"
	input.method == "elicitation/create"
	input.params.url
	not _known_place
}

# METADATA
# title: A person is sent elsewhere
# custom:
#   code: sampling.elsewhere
#   message: >-
#     The server would send a person to a place that is not on the list of this gate.
#   phases: [server_request]
_elsewhere := reason.of(rego.metadata.rule())

block contains _answer(secret) if {
	input.phase == "client_response"
	some secret in input.secrets
}

# METADATA
# title: Secret in an answer to a server
# custom:
#   code: sampling.answer
#   message: >-
#     The answer to a server holds a secret.
#   phases: [client_response]
_answer(secret) := reason.saying(
	rego.metadata.rule(),
	$"There is a secret at {secret.at} ({secret.class}), and it would go to {input.server}. Leave it out.",
)

_may_sample if {
	some pattern in settings.of("sampling", "servers")
	patterns.matches(pattern, input.server)
}

_short if input.params.maxTokens <= settings.of("sampling", "max_tokens")

_known_place if {
	some name in settings.of("sampling", "hosts")
	host := split(split(trim_prefix(lower(input.params.url), "https://"), "/")[0], "?")[0]
	startswith(lower(input.params.url), "https://")
	_is_under(host, lower(name))
}

_is_under(host, name) if host == name

_is_under(host, name) if {
	endswith(host, concat("", [".", name]))
	not contains(host, "@")
	not contains(host, "\\")
}
