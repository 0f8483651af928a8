# METADATA
# title: URIs
# description: Reading a URI without guessing. What two readers could take differently counts as unclear.
package mcp.lib.uris

# METADATA
# description: >-
#   Dot segments, encoded separators, backslashes, control characters, or a file URI that is not `file:///…`:
#   a glob over such a text says nothing about what the server will open.
unclear(uri) if not is_string(uri)

unclear(uri) if {
	some mark in ["\\", "\n", "\r", "\t", "\u0000", "/../", "/./"]
	contains(uri, mark)
}

unclear(uri) if {
	some ending in ["/..", "/."]
	endswith(uri, ending)
}

unclear(uri) if {
	some escape in ["%00", "%25", "%2e", "%2f", "%5c"]
	contains(lower(uri), escape)
}

unclear(uri) if {
	is_file(uri)
	not startswith(uri, "file:///")
}

# METADATA
# description: The URI names a local file, however it is spelt.
is_file(uri) if startswith(lower(uri), "file:")

# METADATA
# description: >-
#   The path of a file URI that needs no decoding at all; undefined for every other. The host's own `paths` fact is
#   better where there is one; this is for URIs inside lists, which have none.
file_path(uri) := path if {
	startswith(uri, "file:///")
	path := substring(uri, 7, -1)
	not contains(path, "%")
	not contains(path, "//")
	not contains(path, "?")
	not contains(path, "#")
	not unclear(uri)
}
