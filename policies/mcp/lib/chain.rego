# METADATA
# title: Chains
# description: |
#   What the caller did before this call. Labels are taints the policy gave them; history is their forwarded calls,
#   newest first:
#       chain.after("read_private", 600)                                  labelled in the last ten minutes
#       chain.sequence(["*__read_*", "slack__send_message"])              read something, now sends
#       chain.sequence_within(["crm__export", "*__upload*"], 300)         the same, within five minutes
package mcp.lib.chain

import data.mcp.lib.names

# METADATA
# description: The caller carries the label, and got it at most so many seconds ago.
after(label, seconds) if input.labels[label].age_s <= seconds

# METADATA
# description: >-
#   This call matches the last pattern, and earlier calls match the others in their order, with anything between.
#   Patterns are globs over server__tool, closing: one that cannot be read matches every call. Of more than six
#   patterns the last six count, which can only match more often.
sequence(patterns) if sequence_within(patterns, 1000000000)

# METADATA
# description: The same, with the oldest of the calls at most so many seconds ago.
sequence_within(patterns, seconds) if {
	ends_here(patterns)
	steps := array.reverse(patterns)
	_earlier(steps, min([count(steps), 6]), seconds)
}

# METADATA
# description: This call matches the last of the patterns.
ends_here(patterns) if {
	last := patterns[count(patterns) - 1]
	names.catches_one(last, input.name)
}

# Taking the newest match at every step leaves the most room for the next and the youngest oldest call, so one
# greedy pass is exact.
_earlier(_, 1, _) := true

_earlier(steps, 2, seconds) if _newest(steps[1], -1, seconds)

_earlier(steps, 3, seconds) if {
	a := _newest(steps[1], -1, seconds)
	_newest(steps[2], a, seconds)
}

_earlier(steps, 4, seconds) if {
	a := _newest(steps[1], -1, seconds)
	b := _newest(steps[2], a, seconds)
	_newest(steps[3], b, seconds)
}

_earlier(steps, 5, seconds) if {
	a := _newest(steps[1], -1, seconds)
	b := _newest(steps[2], a, seconds)
	c := _newest(steps[3], b, seconds)
	_newest(steps[4], c, seconds)
}

_earlier(steps, 6, seconds) if {
	a := _newest(steps[1], -1, seconds)
	b := _newest(steps[2], a, seconds)
	c := _newest(steps[3], b, seconds)
	d := _newest(steps[4], c, seconds)
	_newest(steps[5], d, seconds)
}

_newest(pattern, after_index, seconds) := min({index |
	some index, call in input.history.calls
	index > after_index
	call.age_s <= seconds
	call.verdict != "block"
	names.catches_one(pattern, call.name)
})
