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
	_has_capitals
	some word in wanted
	contains(input.tool, _capitalised(word))
}

# METADATA
# description: >-
#   The same for many words, given as one text with blanks around each (" delete drop "): a set would be built anew in
#   every decision.
say_any_of(text) if {
	some word in _words
	contains(text, concat("", [" ", word, " "]))
}

say_any_of(text) if {
	_has_capitals
	some word in split(text, " ")
	word != ""
	contains(input.tool, _capitalised(word))
}

# METADATA
# description: The name begins with one of the words, given as one text.
begin(text) if contains(text, concat("", [" ", _words[0], " "]))

_capitalised(word) := concat("", [upper(substring(word, 0, 1)), substring(word, 1, -1)])

_has_capitals if input.tool != lower(input.tool)

_words := split(replace(replace(replace(lower(input.tool), "-", "_"), ".", "_"), "/", "_"), "_")
