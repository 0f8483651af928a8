package mcp.lib.sql_test

import data.mcp.lib.sql

fact(verbs, parsed) := {"at": "/args/sql", "verbs": verbs, "tables": [], "parsed": parsed}

test_only_select[name] if {
	some name, row in {
		"a select": [true, {"sql": [fact(["select"], true)]}],
		"two selects": [true, {"sql": [fact(["select", "select"], true), fact(["select"], true)]}],
		"a drop behind a select": [false, {"sql": [fact(["select", "drop"], true)]}],
		"a second statement": [false, {"sql": [fact(["select"], true), fact(["delete"], true)]}],
		"not parsed": [false, {"sql": [fact(["select"], false)]}],
		"no verbs": [false, {"sql": [fact([], true)]}],
		"no SQL": [false, {"sql": []}],
		"nothing said about SQL": [false, {}],
		"some SQL not seen": [false, {"sql": [fact(["select"], true)], "unknown": ["sql"]}],
	}
	[want, given] := row
	want == only_select with input as given
}

only_select if {
	sql.only(["select"])
} else := false
