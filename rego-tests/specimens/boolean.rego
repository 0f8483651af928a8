# METADATA
# title: A rule without contains
# description: It compiles, it is true, and it must not be silent.
package mcp.rules.specimen_boolean

block if input.method == "specimen/boolean_block"

require_approval if input.method == "specimen/boolean_approval"

redact if input.method == "specimen/boolean_redact"

grant if input.method == "ungranted/boolean_grant"

reply_redact if input.method == "specimen/boolean_reply"
