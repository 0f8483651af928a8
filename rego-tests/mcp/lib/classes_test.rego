package mcp.lib.classes_test

import data.mcp.lib.classes

tools := {"mail": {
	"send": {"effects": ["Email", "write"], "sinks": {"/to": "recipient"}},
	"look": {"effects": ["read", "search"]},
	"nothing": {"effects": []},
	"unsaid": {"source": "record"},
}}

effects_of(tool) := effects if {
	effects := classes.effects with input as {"server": "mail", "tool": tool} with data.tools as tools
}

test_effects_go_by_several_names if effects_of("send") == {"send", "write"}

test_reading_is_no_effect if {
	effects_of("look") == set()
	effects_of("nothing") == set()
}

test_what_nobody_says_is_undefined if {
	not effects_of("unsaid")
	not effects_of("unheard_of")
}

does(tool, only, any) if {
	classes.does_only(only) with input as {"server": "mail", "tool": tool} with data.tools as tools
	classes.does_any(any) with input as {"server": "mail", "tool": tool} with data.tools as tools
}

test_effects_are_asked_for_as_sets if {
	does("send", {"send", "write", "pay"}, {"send", "pay"})
	not does("send", {"send"}, {"send"})
	not does("send", {"send", "write"}, {"pay"})
	not does("nothing", {"send"}, {"send"})
	not does("unsaid", {"send"}, {"send"})
}

test_kinds_go_by_several_names[given] if {
	some given, want in {"iban": "account", "Email": "address", "url": "url", "phone": "phone"}
	classes.holds(given) == want
}
