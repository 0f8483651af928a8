package mcp.lib.provenance_test

import data.mcp.lib.provenance
import data.mcp.lib.sightings

classes := {
	"mail": {"search": {"source": "mixed"}},
	"contacts": {"list": {"source": "directory"}, "resources/read": {"source": "directory"}},
	"bank": {"history": {"source": "record"}},
}

seen(server, tool, how, field) := {"server": server, "tool": tool, "how": how, "field": field, "age_s": 3}

in_mail := seen("mail", "search", "part", "/*/body")

in_book := seen("contacts", "list", "whole", "/*/email")

first := {"in": "result", "age_s": 3, "labels": []}

value(at, sightings) := {"at": at, "kind": "address", "seen": sightings, "first": first}

told := [
	value("/args/to/0", [in_mail]),
	value("/args/to/1", [in_book]),
	value("/args/cc", [in_book]),
	{"at": "/args/bcc", "kind": "address", "seen": [], "first": {"in": "args", "age_s": 9, "labels": []}},
	{"at": "/args/new", "kind": "address", "seen": []},
]

given := {"args": {"to": ["a", "b"], "cc": "c", "bcc": "d", "new": "e", "flag": true}, "provenance": told}

test_an_argument_goes_by_any_of_its_names[name] if {
	some name in ["to", "/to", "/args/to"]
	count(provenance.values(name)) == 2 with input as given
}

test_an_argument_is_not_one_that_begins_like_it if {
	provenance.values("/t") == [] with input as given
}

test_one_value_from_outside_is_enough if {
	provenance.from_outside("/to") with input as given with data.tools as classes
	provenance.from_outside("/to/0") with input as given with data.tools as classes
	not provenance.from_outside("/to/1") with input as given with data.tools as classes
	not provenance.from_outside("/cc") with input as given with data.tools as classes
	not provenance.from_outside("/new") with input as given with data.tools as classes
}

test_only_inside_text if {
	provenance.only_inside_text("/to") with input as given
	not provenance.only_inside_text("/cc") with input as given
	not provenance.only_inside_text("/new") with input as given
	not provenance.only_inside_text("/bcc") with input as given
}

test_only_inside_text_is_not_what_the_caller_used if {
	used := object.union(value("/args/to", [in_mail]), {"used": {"how": "whole", "age_s": 1, "labels": []}})
	not provenance.only_inside_text("/to") with input as {"provenance": [used]}
}

test_first_used_by_the_caller if {
	provenance.first_used_by_caller("/bcc") with input as given
	not provenance.first_used_by_caller("/to") with input as given
	not provenance.first_used_by_caller("/new") with input as given
	not provenance.first_used_by_caller("/nothing") with input as given
}

test_unknown if {
	provenance.unknown("/new") with input as given
	not provenance.unknown("/to") with input as given
	not provenance.unknown("/nothing") with input as given
}

test_unknown_is_what_has_no_entry if provenance.unknown("/flag") with input as given

test_all_is_unknown_when_something_was_forgotten if {
	provenance.unknown("/to") with input as object.union(given, {"unknown": ["provenance"]})
	provenance.unknown("/to") with input as {"args": {"to": "a"}}
}

test_forgotten_is_from_outside if {
	forgetful := object.union(given, {"unknown": ["provenance"]})
	provenance.from_outside("/new") with input as forgetful with data.tools as classes
	not provenance.from_outside("/cc") with input as forgetful with data.tools as classes
}

test_what_has_no_class_is_outside if {
	sightings.source({"server": "odd", "tool": "x"}) == "outside"
	sightings.source({"server": "odd", "method": "resources/read"}) == "outside"
	sightings.source({}) == "outside"
	sightings.source({"server": "contacts", "method": "resources/read"}) == "directory" with data.tools as classes
}

test_it_says_where_in_words[name] if {
	some name, row in {
		"a field": [value("/args/to", [in_book]), "first seen as a field of an answer of contacts, 3 s ago"],
		"spelled alike": [
			{"at": "/args/to", "seen": [], "pieces": [{"of": "like", "text": "ann@x.example", "seen": [in_book]}]},
			"never shown, but its likeness, ann@x.example, was first seen as a field of an answer of contacts, 3 s ago",
		],
		"nobody knows": [{"at": "/args/to", "seen": []}, "met where nobody remembers any more"],
		"backwards": [
			{"at": "/args/to", "seen": [], "made_from": [object.union(in_mail, {"name": "mail__search", "as": "reversed"})]},
			"never shown as it is, but it stands reversed in what mail__search showed 3 s ago",
		],
	}
	provenance.told(row[0]) == row[1]
}
