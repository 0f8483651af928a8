# METADATA
# title: Reasons
# description: >-
#   Turns a rule's own annotation into the reason the caller reads. Nothing here can be undefined: a block rule
#   whose annotation lacks a member must still block.
package mcp.lib.reason

# METADATA
# description: |
#   The reason exactly as annotated:
#       block contains reason.of(rego.metadata.rule()) if { … }
#   OPA builds the annotation before it looks at the conditions, which costs each decision about half a microsecond
#   a rule. The default policy annotates a rule that is only asked for when the block fires:
#       block contains _too_late if input.time.hour > 18
#       _too_late := reason.of(rego.metadata.rule())
of(annotation) := saying(annotation, object.get(annotation, ["custom", "message"], "Refused by policy."))

# METADATA
# description: The annotated code with a message of one's own, for rules that can name what would help.
saying(annotation, message) := {
	"code": object.get(annotation, ["custom", "code"], "policy.uncoded_rule"),
	"message": message,
}
