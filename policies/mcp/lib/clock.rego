# METADATA
# title: Clock
# description: |
#   Questions about `input.time`, in the time zone of the configuration. They are there in requests and answers:
#       clock.between(9, 17)                 from 9:00 to 16:59
#       clock.on(["saturday", "sunday"])
package mcp.lib.clock

# METADATA
# description: >-
#   The hour is at or after the first and before the second; over midnight where the second is smaller. Hours are 0
#   to 24.
between(from, to) if {
	from <= to
	input.time.hour >= from
	input.time.hour < to
}

between(from, to) if {
	from > to
	input.time.hour >= from
}

between(from, to) if {
	from > to
	input.time.hour < to
}

# METADATA
# description: Today is one of these days, written out and small.
on(days) if input.time.weekday in days

# METADATA
# description: "Now is at or after the first moment and before the second, both as seconds since 1970."
during(from, to) if {
	input.time.epoch >= from
	input.time.epoch < to
}
