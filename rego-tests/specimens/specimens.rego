# METADATA
# title: Specimens
# description: Rules as authors write them, well and badly, each behind a method of its own; see cases/rules.json.
package mcp.rules.specimens

grant contains "specimen" if startswith(input.method, "specimen/")

block contains {"code": "b.second", "message": "Second."} if input.method == "specimen/two_blocks"

block contains {"code": "a.first", "message": "First."} if input.method == "specimen/two_blocks"

block contains {"code": "named.rule", "message": "Named.", "rule": "acme.rule"} if {
	input.method == "specimen/named_rule"
}

block contains {} if input.method == "specimen/empty_block"

block contains false if input.method == "specimen/false_block"

block contains "No." if input.method == "specimen/text_block"

block contains {"code": 7, "message": ["x"]} if input.method == "specimen/typed_block"

block contains {"code": "hidden.a", "message": "Hidden.", "hide": true} if {
	input.method in ["specimen/hidden", "specimen/half_hidden"]
}

block contains {"code": "open.b", "message": "Open."} if input.method == "specimen/half_hidden"

block contains {"code": "hidden.c", "message": "Hidden.", "hide": true} if input.method == "ungranted/hidden"

block contains {"code": "beats.all", "message": "Blocked."} if input.method == "specimen/everything"

require_approval contains {"code": "ask.one", "message": "One asks.", "approvers": ["ann", "bob"], "ttl_s": 600} if {
	input.method in ["specimen/one_asks", "specimen/two_ask", "specimen/conflict", "specimen/everything"]
}

require_approval contains {"code": "ask.two", "message": "Two asks.", "approvers": ["bob", "cem"], "ttl_s": 60} if {
	input.method == "specimen/two_ask"
}

require_approval contains {"code": "ask.three", "message": "Three asks.", "approvers": ["dan"]} if {
	input.method == "specimen/conflict"
}

require_approval contains {"code": "ask.typed", "message": "Typed.", "approvers": "ann"} if {
	input.method == "specimen/typed_approvers"
}

require_approval contains {"code": "ask.anyone", "message": "Anyone."} if {
	input.method in ["specimen/anyone", "specimen/ask_and_redact"]
}

require_approval contains 1 if input.method == "specimen/typed_approval"

redact contains {"at": "/params/token", "with": "mask"} if {
	input.method in ["specimen/redact", "specimen/ask_and_redact", "specimen/everything"]
}

label contains "b" if input.method in ["specimen/labels", "specimen/everything"]

label contains "a" if input.method == "specimen/labels"

reply_inspect contains "why not" if input.method in ["specimen/inspect", "specimen/inspect_bare"]

reply_redact contains {"detector": "secret"} if input.method == "specimen/reply_redact"

reply_redact contains {"at": "/structuredContent/token", "with": "hash"} if input.method == "specimen/reply_redact"
