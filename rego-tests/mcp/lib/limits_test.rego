package mcp.lib.limits_test

import data.mcp.lib.clock
import data.mcp.lib.limits

test_over_counts_all_tools_of_a_pattern[name] if {
	some name, [most, want] in {"at the limit": [5, 0], "over it": [4, 1]}
	count([1 | limits.over("mail__*", most)]) == want with input.history.counts as {"mail__send": 3, "mail__reply": 2, "x__y": 9}
}

test_over_within_looks_at_the_time[name] if {
	some name, [seconds, want] in {"one is old": [60, 0], "both are young": [100, 1]}
	calls := [{"name": "mail__send", "age_s": 10}, {"name": "x__y", "age_s": 11}, {"name": "mail__send", "age_s": 90}]
	count([1 | limits.over_within("mail__send", 1, seconds)]) == want with input.history.calls as calls
}

test_more_than_history_shows_counts_as_over if {
	calls := [{"name": "x__y", "age_s": n} | some n in numbers.range(1, 50)]
	limits.over_within("mail__send", 60, 10) with input.history.calls as calls
}

test_during_is_half_open[name] if {
	some name, [epoch, want] in {"before": [9, 0], "at": [10, 1], "end": [20, 0]}
	count([1 | clock.during(10, 20)]) == want with input.time.epoch as epoch
}
