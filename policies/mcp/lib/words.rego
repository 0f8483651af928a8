# METADATA
# title: Words of a tool's name
# description: |
#   What a tool says it does: delete_branch, bulk-delete and deleteBranch all say `delete`.
#       block contains … if words.say({"delete", "drop"})
#   A name is a claim. Rules may become stricter by it, never laxer; what the arguments touch is in the facts.
package mcp.lib.words

# METADATA
# description: One of the words stands in the name of the tool that is judged.
say(wanted) if {
	some word in _words
	word in wanted
}

say(wanted) if {
	some word in wanted
	contains(input.tool, concat("", [upper(substring(word, 0, 1)), substring(word, 1, -1)]))
}

# METADATA
# description: The name begins with one of the words.
begin(wanted) if _words[0] in wanted

_words := split(replace(replace(replace(lower(input.tool), "-", "_"), ".", "_"), "/", "_"), "_")
