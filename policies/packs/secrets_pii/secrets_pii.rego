# METADATA
# title: Secrets and personal data
# description: >-
#   Takes secrets and personal data out of answers, and refuses calls that carry a secret anywhere.
# custom:
#   owasp: [MCP01, MCP10]
#   settings:
#     mask: "Detectors whose finds are masked in answers: secret, private_key, jwt, email, card, iban, phone. Default: [\"secret\", \"private_key\", \"jwt\", \"card\", \"iban\"]"
#     hash: "Detectors whose finds are replaced by a keyed digest, so that two of one value can still be told to be one. Default: []"
#     except: "Globs of tools that may be given secrets. Default: []"
package mcp.packs.secrets_pii

import data.mcp.lib.names
import data.mcp.lib.reason
import data.mcp.lib.settings

# METADATA
# title: Finds in answers are masked
# custom:
#   phases: [request]
reply_redact contains {"detector": detector} if {
	input.phase == "request"
	some detector in _settings.mask
}

# METADATA
# title: Finds in answers are replaced by digests
# custom:
#   phases: [request]
reply_redact contains {"detector": detector, "with": "hash"} if {
	input.phase == "request"
	some detector in _settings.hash
}

# METADATA
# title: Finds in notifications are masked
# custom:
#   phases: [notification]
redact contains {"detector": detector} if {
	input.phase == "notification"
	input.direction == "to_client"
	some detector in array.concat(_settings.mask, _settings.hash)
}

block contains _secret(secret) if {
	some secret in input.secrets
	input.phase in {"request", "client_response"}
	not _excepted
}

# METADATA
# title: Secret on its way to a server
# custom:
#   code: secrets_pii.secret
#   message: >-
#     The message carries a secret.
#   phases: [request, client_response]
_secret(secret) := reason.saying(
	rego.metadata.rule(),
	$"There is a secret at {secret.at} ({secret.class}). Leave it out: tools hold their own keys.",
)

block contains _unknown if {
	"secrets" in input.unknown
	not _excepted
}

# METADATA
# title: Arguments that could not be searched
# custom:
#   code: secrets_pii.unknown
#   message: >-
#     The arguments could not be searched for secrets. Send less, or plain text.
#   phases: [request]
_unknown := reason.of(rego.metadata.rule())

_excepted if names.matches_any(_settings.except, input.name)

block contains _malformed(member) if {
	some member in settings.wrong(data.packs.secrets_pii, _kinds)
}

# METADATA
# title: Setting that cannot be read
# description: >-
#   A misspelt setting would otherwise protect nothing.
# custom:
#   code: secrets_pii.malformed
#   message: >-
#     A setting of this pack cannot be read.
#   phases: [request, list, response, server_request, client_response, notification]
_malformed(member) := reason.saying(
	rego.metadata.rule(),
	$"packs.secrets_pii.{member} in the policy data of this gate cannot be read. Whoever runs it has to correct that.",
)

_kinds := {"mask": "array", "hash": "array", "except": "array"}

_settings := object.union({"mask": ["secret", "private_key", "jwt", "card", "iban"], "hash": [], "except": []}, data.packs.secrets_pii)
