# METADATA
# title: Secrets and personal data
# description: >-
#   Takes secrets and personal data out of answers, and refuses calls that carry a secret anywhere.
# custom:
#   owasp: [MCP01, MCP10]
#   settings:
#     mask: "Detectors whose finds are masked in answers: secret, private_key, jwt, email, card, iban, phone."
#     hash: "Detectors whose finds are replaced by a keyed digest, so that two of one value can still be told to be one."
#     except: "Globs of tools that may be given secrets."
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
	some detector in settings.of("secrets_pii", "mask")
}

# METADATA
# title: Finds in answers are replaced by digests
# custom:
#   phases: [request]
reply_redact contains {"detector": detector, "with": "hash"} if {
	input.phase == "request"
	some detector in settings.of("secrets_pii", "hash")
}

# METADATA
# title: Finds in notifications are masked
# custom:
#   phases: [notification]
redact contains {"detector": detector} if {
	input.phase == "notification"
	input.direction == "to_client"
	some detector in array.concat(settings.of("secrets_pii", "mask"), settings.of("secrets_pii", "hash"))
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

_excepted if names.matches_any(settings.of("secrets_pii", "except"), input.name)
