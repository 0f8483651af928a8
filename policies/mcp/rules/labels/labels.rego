# METADATA
# title: Labels
# description: >-
#   A tool with `data.tools.<server>.<tool>.labels` leaves these on the caller once its call is let through; chain
#   rules then read them with chain.after("read_private", 600).
package mcp.rules.labels

# METADATA
# title: Labels of the tool
# custom:
#   phases: [request]
label contains name if {
	some name in data.tools[input.server][input.tool].labels
	input.phase == "request"
	input.method == "tools/call"
}
