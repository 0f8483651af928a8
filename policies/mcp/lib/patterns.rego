# METADATA
# title: Patterns
# description: >-
#   Globs without a delimiter, as grants, chains and approvals write them: `*` crosses everything. Exact names and
#   plain prefixes (`filesystem__read_*`) never reach the glob engine, which holds few patterns at a time.
package mcp.lib.patterns

# METADATA
# description: >-
#   The pattern is understood and matches. For what opens: a pattern that cannot be read matches nothing.
matches(pattern, name) if {
	pattern == name
} else if {
	stem := trim_suffix(pattern, "*")
	startswith(name, stem)
	stem != pattern
	not is_glob(stem)
} else if {
	is_glob(trim_suffix(pattern, "*"))
	glob.match(pattern, null, name)
}

# METADATA
# description: >-
#   The pattern is understood and does not match. For what closes, as `not patterns.clear_of(pattern, name)`: a
#   pattern that cannot be read must not mean "never".
clear_of(pattern, name) if {
	is_string(pattern)
	is_string(name)
	not matches(pattern, name)
	_readable(pattern)
}

_readable(pattern) if not is_glob(pattern)

_readable(pattern) if is_boolean(glob.match(pattern, null, ""))

# METADATA
# description: The text holds a character that globs treat specially.
is_glob(text) if contains(text, "*")

is_glob(text) if contains(text, "?")

is_glob(text) if contains(text, "[")

is_glob(text) if contains(text, "{")

is_glob(text) if contains(text, "\\")
