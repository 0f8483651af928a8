package mcp.lib.chain_test

import data.mcp.lib.chain

now_sending(calls) := {"name": "slack__send", "history": {"calls": calls, "counts": {}}}

call(name, age_s) := {"name": name, "verdict": "allow", "age_s": age_s, "labels": []}

test_a_label_within_its_time if {
	chain.after("read_private", 60) with input.labels as {"read_private": {"age_s": 60, "from": "fs__read"}}
}

test_a_label_after_its_time if {
	not chain.after("read_private", 59) with input.labels as {"read_private": {"age_s": 60, "from": "fs__read"}}
}

test_another_label if {
	not chain.after("read_private", 60) with input.labels as {"fetched": {"age_s": 1, "from": "fetch__fetch"}}
}

test_no_labels_at_all if not chain.after("read_private", 60) with input as {}

test_sequence[name] if {
	some name, row in {
		"in order": [true, ["a__*", "slack__send"], [call("a__x", 5)]],
		"only this call": [true, ["slack__*"], []],
		"this call does not match": [false, ["a__*", "a__*"], [call("a__x", 5)]],
		"newest first means reading backwards": [false, ["a__*", "b__*", "slack__send"], [call("a__x", 5), call("b__x", 9)]],
		"three in order": [true, ["a__*", "b__*", "slack__send"], [call("b__x", 5), call("a__x", 9)]],
		"of seven the last six count": [
			true,
			["never__*", "a__a", "b__b", "c__c", "d__d", "e__e", "slack__send"],
			[call("e__e", 1), call("d__d", 2), call("c__c", 3), call("b__b", 4), call("a__a", 5)],
		],
		"no patterns": [false, [], [call("a__x", 5)]],
	}
	[want, patterns, calls] := row
	want == sequence(patterns) with input as now_sending(calls)
}

sequence(patterns) if {
	chain.sequence(patterns)
} else := false

test_no_history if not chain.sequence(["a__*", "slack__send"]) with input as {"name": "slack__send"}

test_the_oldest_call_has_to_be_young_enough if {
	calls := [call("b__x", 5), call("a__x", 70)]
	not chain.sequence_within(["a__*", "b__*", "slack__send"], 60) with input as now_sending(calls)
	chain.sequence_within(["a__*", "b__*", "slack__send"], 70) with input as now_sending(calls)
}
