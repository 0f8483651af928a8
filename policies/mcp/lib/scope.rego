# METADATA
# title: Scope
# description: |
#   Whether canonical paths (`input.paths[_].path`) lie inside globs. `*` stays within one segment, `**` crosses
#   them, and `dir/**` holds `dir` itself and never `dir2`:
#       scope.within("/workspace/a.md", ["/workspace/**"])
#   Give it the canonical path, never an argument: `/workspace/../etc` starts with `/workspace` too.
package mcp.lib.scope

import data.mcp.lib.patterns

# METADATA
# description: Some glob covers the path. For what opens; a glob that cannot be read covers nothing.
within(path, globs) if {
	some pattern in globs
	covers(pattern, path)
}

# METADATA
# description: The glob covers the path.
covers(pattern, path) if {
	pattern == path
} else if {
	folder := trim_suffix(pattern, "**")
	folder != pattern
	startswith(_as_folder(path), folder)
	endswith(folder, "/")
	not patterns.is_glob(folder)
} else if {
	endswith(pattern, "/**")
	patterns.is_glob(trim_suffix(pattern, "/**"))
	glob.match(pattern, ["/"], _as_folder(path))
} else if {
	not endswith(pattern, "/**")
	patterns.is_glob(pattern)
	glob.match(pattern, ["/"], path)
}

# METADATA
# description: |
#   Some glob denies the path. For what closes, so it is read generously: case does not matter, a denied folder
#   takes everything below it along, a glob without a leading slash is meant at any depth (`.env`, `secrets`), and
#   a list or glob that cannot be read denies everything.
denied(_, globs) if not is_array(globs)

denied(path, globs) if {
	spot := _as_folder(lower(path))
	some pattern in globs
	not _clear_of(pattern, spot)
}

# METADATA
# description: >-
#   The path is a folder that holds a denied one: moving or deleting it would take the denied one along.
holds_denied(path, globs) if {
	folder := _as_folder(lower(path))
	some pattern in globs
	startswith(lower(pattern), folder)
}

# A path that does not hold a plain pattern's text cannot be touched by it, which spares most patterns the rest.
_clear_of(pattern, spot) if {
	text := lower(pattern)
	not contains(spot, text)
	not patterns.is_glob(text)
} else if {
	stem := trim_suffix(trim_suffix(lower(pattern), "/**"), "/")
	_touches(_as_folder(stem), spot) == false
}

# `concat` is quicker than the template `$"{path}/"`, and every path of every call comes by here, more than once.
_as_folder(path) := concat("", [path, "/"])

# Plain shapes are compared as text: one glob with two `**` costs more than the rest of a decision.
_touches(folder, spot) := startswith(spot, folder) if {
	startswith(folder, "/")
	not patterns.is_glob(folder)
} else := glob.match($"{folder}**", ["/"], spot) if {
	startswith(folder, "/")
} else := _touches_anywhere(trim_prefix(folder, "**/"), spot)

# `.env/` and `keys/old/`, then `*.pem/`, then `.env*/`, then whatever else
_touches_anywhere(folder, spot) := contains(spot, $"/{folder}") if {
	not patterns.is_glob(folder)
} else := contains(spot, tail) if {
	tail := trim_prefix(folder, "*")
	not patterns.is_glob(tail)
} else := contains(spot, $"/{head}") if {
	head := trim_suffix(folder, "*/")
	not patterns.is_glob(head)
} else := glob.match($"**/{folder}**", ["/"], spot)
