package mcp.main.no_grant_test

import data.mcp.main.no_grant

_asking(method, params) := {
	"phase": "request", "method": method, "params": params,
	"server": "fs", "caller": {"subject": "bob", "roles": []},
}

_listening(uris) := _asking("subscriptions/listen", {"notifications": {"resourceSubscriptions": uris}})

_completing(ref) := _asking("completion/complete", {"ref": ref})

_cases := {
	"a completed prompt": {
		"input": _completing({"type": "ref/prompt", "name": "review"}),
		"want": `prompts: ["fs__review"] }`,
	},
	"a completed template": {
		"input": _completing({"type": "ref/resource", "uri": "docs://{page}"}),
		"want": `resources: ["docs://{page}"] }`,
	},
	"a completion of something else": {
		"input": _completing({"type": "ref/tool", "name": "x"}),
		"want": "prompts or resources: what the completion/complete names }",
	},
	"the resource of a stream that nobody granted": {
		"input": _listening(["docs://a", "db://b"]),
		"want": `resources: ["db://b"] }`,
	},
	"a stream of what is no list": {
		"input": _listening("docs://a"),
		"want": "prompts or resources: what the subscriptions/listen names }",
	},
	"any other method": {"input": _asking("foo/bar", {}), "want": `methods: ["foo/bar"] }`},
}

test_advice_names_what_helps[name] if {
	some name, case in _cases
	message := no_grant.reason.message with input as case.input
		with data.grants as [{"resources": ["docs://*"]}]
	endswith(message, case.want)
}
