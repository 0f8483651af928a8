package mcp.lib.helpers_test

import data.mcp.lib.caller
import data.mcp.lib.hosts
import data.mcp.lib.names
import data.mcp.lib.patterns
import data.mcp.lib.reason
import data.mcp.lib.uris

ann := {"caller": {"subject": "ann", "org": "acme", "roles": ["developer"], "permissions": ["deploy"]}}

test_caller_has_what_the_credential_says if {
	caller.has_role("developer") with input as ann
	caller.has_any_role(["admin", "developer"]) with input as ann
	caller.has_permission("deploy") with input as ann
	caller.is_any_of(["ann"]) with input as ann
	caller.in_any_org(["acme"]) with input as ann
}

test_caller_has_nothing_else if {
	not caller.has_role("admin") with input as ann
	not caller.has_any_role(["admin"]) with input as ann
	not caller.has_permission("delete") with input as ann
	not caller.is_any_of(["bob"]) with input as ann
	not caller.in_any_org(["umbrella"]) with input as ann
}

test_an_unknown_caller_has_nothing if {
	not caller.has_role("developer") with input as {}
	not caller.has_any_role(["developer"]) with input as {}
	not caller.has_permission("deploy") with input as {}
	not caller.is_any_of(["ann"]) with input as {}
	not caller.in_any_org(["acme"]) with input as {}
}

test_private_hosts_are_those_not_known_to_be_public if {
	places := [{"host": "example.com", "private": false}, {"host": "localhost", "private": true}, {"host": "odd"}]
	{place.host | some place in hosts.private} == {"localhost", "odd"} with input.hosts as places
}

test_names[name] if {
	some name, row in {
		"exact": [true, "fs__read", "fs__read"],
		"prefix": [true, "fs__*", "fs__read"],
		"dotted": [true, "fs.read", "fs__read"],
		"dotted prefix": [true, "fs.*", "fs__read"],
		"any server": [true, "*.read", "fs__read"],
		"a dot after the underscores is a dot": [true, "fs__a.b", "fs__a.b"],
		"nothing else": [false, "fs__read", "fs__write"],
		"brackets are alternatives, not letters": [false, "[ab]*", "[ab]c"],
		"broken": [false, "[", "fs__read"],
	}
	[want, pattern, subject] := row
	want == named(pattern, subject)
}

named(pattern, subject) if {
	names.matches(pattern, subject)
} else := false

test_a_pattern_that_cannot_be_read_is_not_clear_of_anything[name] if {
	some name, pattern in {"a broken glob": "[", "a number": 7, "null": null, "a list": ["x"]}
	not patterns.clear_of(pattern, "fs__read")
	names.catches([pattern], "fs__read")
}

test_clear_of if {
	patterns.clear_of("fs__write*", "fs__read")
	not patterns.clear_of("fs__re*", "fs__read")
	not patterns.clear_of("fs__re*", null)
}

test_an_annotation_without_words_still_gives_a_reason if {
	reason.of({}) == {"code": "policy.uncoded_rule", "message": "Refused by policy."}
	reason.of({"custom": {"code": "a.b", "message": "C."}}) == {"code": "a.b", "message": "C."}
}

test_a_uri_that_is_no_text_is_unclear if uris.unclear(7)

test_file_path[uri] if {
	some uri, want in {
		"file:///w/a.md": "/w/a.md",
		"file:///w/%41.md": "",
		"file:///w/a.md?x": "",
		"file:///w/a.md#x": "",
		"file:////w": "",
		"file:///w/../a": "",
		"docs://w": "",
	}
	want == file_path(uri)
}

file_path(uri) := uris.file_path(uri) if {
	uris.file_path(uri)
} else := ""
