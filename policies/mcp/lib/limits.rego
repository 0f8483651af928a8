# METADATA
# title: Limits
# description: |
#   How often the caller has called something, counted when calls were let through:
#       limits.over("mail__send", 20)                  more than 20 since the gate knows them
#       limits.over_within("mail__*", 20, 3600)        more than 20 in the last hour; at most 49, as history shows 50
package mcp.lib.limits

import data.mcp.lib.names

# METADATA
# description: "More calls than so many, of all tools the pattern catches."
over(pattern, most) if {
	sum([count | some name, count in input.history.counts; names.catches_one(pattern, name)]) > most
}

# METADATA
# description: More calls than so many within so many seconds. What is asked beyond what history shows counts as over.
over_within(pattern, most, seconds) if {
	count([1 |
		some call in input.history.calls
		call.age_s <= seconds
		names.catches_one(pattern, call.name)
	]) > most
}

over_within(_, most, _) if {
	most > 49
	count(input.history.calls) >= 50
}
