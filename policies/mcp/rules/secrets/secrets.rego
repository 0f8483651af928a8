# METADATA
# title: Secrets
# description: >-
#   Takes secrets out of whatever can carry content to the model, and refuses calls that would send one when
#   `data.secrets.block_requests` says so.
package mcp.rules.secrets

import data.mcp.lib.names
import data.mcp.lib.reason

# METADATA
# title: Secrets in answers are masked
# custom:
#   phases: [request]
reply_redact contains {"detector": detector} if {
	input.phase == "request"
	some detector in _detectors
}

# METADATA
# title: Secrets in notifications are masked
# custom:
#   phases: [notification]
redact contains {"detector": detector} if {
	input.phase == "notification"
	input.direction == "to_client"
	some detector in _detectors
}

block contains _in_arguments(secret) if {
	some secret in input.secrets
	_guards_requests
}

# METADATA
# title: Secret in the arguments
# custom:
#   code: secrets.in_arguments
#   message: The arguments carry a secret.
#   phases: [request]
_in_arguments(secret) := reason.saying(
	rego.metadata.rule(),
	$"The arguments carry a secret ({secret.class} at {secret.at}). Leave it out; tools hold their own keys.",
)

block contains _unknown if {
	"secrets" in input.unknown
	_guards_requests
}

# METADATA
# title: Arguments that could not be searched for secrets
# custom:
#   code: secrets.unknown
#   message: The arguments could not be searched for secrets. Send less, or plain text.
#   phases: [request]
_unknown := reason.of(rego.metadata.rule())

_guards_requests if {
	input.phase == "request"
	data.secrets.block_requests != false
	not _excepted
}

_excepted if names.matches_any(data.secrets.except, input.name)

_detectors := data.redaction.detectors if is_array(data.redaction.detectors)

else := ["secret", "private_key"]
