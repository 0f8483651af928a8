package portcullis.explain_test

call := {
	"phase": "request",
	"method": "tools/call",
	"server": "fs",
	"name": "fs__write_file",
	"caller": {"subject": "ann", "roles": ["reader"], "org": "acme"},
}

near(asked, list) := {[found.at, found.lacks] | some found in found_for(asked, list)}

found_for(asked, list) := found if {
	found := data.portcullis.explain.near_grants with input as asked with data.grants as list
}

test_one_thing_was_missing[name] if {
	some name, row in {
		"the role": {"grant": {"tools": ["fs__*"], "roles": ["writer"]}, "lacks": "roles"},
		"the subject": {"grant": {"tools": ["fs__*"], "subjects": ["bob"]}, "lacks": "subjects"},
		"the org": {"grant": {"tools": ["fs__*"], "orgs": ["evil"]}, "lacks": "orgs"},
		"the server": {"grant": {"tools": ["fs__*"], "servers": ["git"]}, "lacks": "servers"},
		"the tool": {"grant": {"tools": ["fs__read_*"], "roles": ["reader"]}, "lacks": "tools"},
	}
	near(call, [row.grant]) == {[0, row.lacks]}
}

test_two_things_are_not_near if near(call, [{"tools": ["git__*"], "roles": ["writer"]}]) == set()

test_what_holds_is_not_near if near(call, [{"tools": ["fs__*"], "roles": ["reader"]}]) == set()

test_each_kind_is_asked_by_its_name[name] if {
	some name, row in {
		"prompt": {"input": {"server": "fs", "method": "prompts/get", "prompt": "p"}, "kind": "prompts"},
		"resource": {"input": {"server": "fs", "method": "resources/read", "uri": "file:///a"}, "kind": "resources"},
		"server request": {"input": {"phase": "server_request", "method": "roots/list"}, "kind": "server_requests"},
		"method": {"input": {"server": "fs", "method": "logging/setLevel"}, "kind": "methods"},
	}
	asked := object.union({"phase": "request", "caller": {"roles": []}}, row.input)
	near(asked, [{row.kind: ["nothing"]}, {row.kind: ["*"]}]) == {[0, row.kind]}
}
