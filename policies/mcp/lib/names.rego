# METADATA
# title: Tool and prompt names
# description: >-
#   Patterns over `server__tool`. `server.tool` means the same: where a pattern's first dot comes before its first
#   double underscore, the dot stands for it.
package mcp.lib.names

import data.mcp.lib.patterns

# METADATA
# description: "For what opens: `names.matches(\"filesystem.read_*\", input.name)`."
matches(pattern, name) if {
	patterns.matches(pattern, name)
} else if {
	patterns.matches(_undotted(pattern), name)
}

# METADATA
# description: One of the patterns matches.
matches_any(wanted, name) if {
	some pattern in wanted
	matches(pattern, name)
}

# METADATA
# description: >-
#   For what closes: one of the patterns matches or cannot be read, or the list is no list.
catches(wanted, _) if not is_array(wanted)

catches(wanted, name) if {
	some pattern in wanted
	catches_one(pattern, name)
}

# METADATA
# description: One pattern, for what closes.
catches_one(pattern, name) if not patterns.clear_of(pattern, name)

catches_one(pattern, name) if {
	joined := _undotted(pattern)
	not patterns.clear_of(joined, name)
}

_undotted(pattern) := concat("", [server, "__", tool]) if {
	contains(pattern, ".")
	dot := indexof(pattern, ".")
	server := substring(pattern, 0, dot)
	not contains(server, "__")
	tool := substring(pattern, dot + 1, -1)
}
