# Values of a call that say where something goes or what is hit, and what they are.
package mcp.packs.data_flow

import data.mcp.lib.classes
import data.mcp.lib.effects
import data.mcp.lib.provenance
import data.mcp.lib.settings

_sinks := [sink |
	input.phase == "request"
	input.method == "tools/call"
	_acts
	some value in input.provenance
	kind := _kind(value)
	_matters(kind)
	not _told_by_its_values(value, kind)
	not _told_by_the_whole(value)
	not _inside(value)
	sink := {"value": value, "kind": kind, "fetched": _fetched(kind, value)}
]

_has_effects if not classes.effects

_has_effects if {
	some _ in classes.effects
}

# Looking something up changes nothing, but what is looked up in places of others can carry out what was read.
_matters(_) if _has_effects

_matters(kind) if kind in {"url", "host"}

# What the class says of the argument; where it says nothing of it, what the value itself looks like.
_kind(value) := kind if {
	not value.inside
	kind := _meant(value.at, _declared(value.at))
} else := kind if {
	value.inside
	kind := _kind_inside(value, _declared(value.at))
} else := kind if {
	not value.inside
	kind := _guessed(value)
}

# An id of somebody is somebody.
_meant(at, "id") := "user" if {
	regex.match(`(user|member|person|guest|invitee|collaborator|reviewer|admin|owner|participant|attendee)_?ids?$`, _last_name(at))
} else := "id"

# `SHOP-7` opens nothing.
_meant(at, "secret") := "id" if {
	regex.match(`(issue|ticket|task|project|space|page|story|epic|board|parent|item)s?(_?id_?or)?_?keys?$`, _last_name(at))
} else := "secret"

# What a query finds is what is taken away; what people will read says why.
_meant(at, "text") := "target" if {
	_destroys
	not regex.match(`(^|_)(reason|comment|note|message|description|body|subject|title|summary|text)s?$`, _last_name(at))
} else := "text"

# `204` of the accounts that bookkeeping has; nothing goes there.
_meant(at, "account") := "id" if {
	regex.match(`(account_?code|ledger_?account|gl_?account|nominal_?code)s?$`, _last_name(at))
} else := "account"

_meant(_, kind) := kind if not kind in {"id", "secret", "text", "account"}

_declared(at) := kind if {
	exact := object.get(classes.of_tool, ["sinks", trim_prefix(at, "/args")], null)
	exact != null
	kind := classes.holds(exact)
} else := kind if {
	path := _plain(trim_prefix(at, "/args"))
	kinds := {classes.holds(given) |
		some pointer, given in classes.of_tool.sinks
		_under(path, _plain(pointer))
	}
	kind := _strictest(kinds)
}

# Where elements of a list are declared one by one, and not alike.
_strictest(kinds) := min(telling) if {
	telling := kinds - {"text", "amount", "name"}
	telling != set()
} else := min(kinds)

_under(path, above) if path == above

_under(path, above) if startswith(path, concat("", [above, "/"]))

# Elements of a list have the name of the list.
_plain(at) := concat("/", [part | some part in split(at, "/"); not regex.match(`^(\d+|\*)$`, part)])

_last_name(at) := parts[count(parts) - 1] if {
	parts := split(lower(_plain(at)), "/")
}

_kind_inside(_, declared) := "link" if declared == "text"

_kind_inside(value, "code") := "code" if {
	value.kind in {"text", "word"}
	"execute" in classes.effects
}

_kind_inside(value, declared) := value.kind if {
	declared != "text"
	not _only_kept(declared)
	value.kind in {"address", "account", "url", "host"}
}

# Code that is written down and does not run.
_only_kept(declared) if {
	declared == "code"
	some _ in classes.effects
	not "execute" in classes.effects
	not _runs_by_itself
}

# Where it is written, others run it.
_runs_by_itself if {
	some value in input.provenance
	value.kind in {"path", "word", "host"}
	_declared(value.at) == "path"
	regex.match(_run_by_others, lower(_text_of(value)))
}

_runs_by_itself if not input.args

_run_by_others := concat("|", [
	`(^|[/\\])\.`,
	`^/(etc|usr|bin|sbin|boot|lib)/`,
	`autostart|startup|crontab|cron\.`,
	`(^|[/\\])(makefile|dockerfile|jenkinsfile|package\.json|setup\.py|conftest\.py)$`,
	`\.(sh|bash|zsh|ps1|bat|cmd|service|timer|plist|desktop|reg|vbs)$`,
])

# What lets somebody in, or runs when somebody comes in.
_of_the_login := concat("|", [
	`(^|[/\\])\.(ssh|gnupg|aws|kube|docker|netrc|npmrc|pypirc|pgpass|profile|bashrc|bash_profile|zshrc|zprofile|xprofile)([/\\]|$)`,
	`autostart|launchagents|launchdaemons|authorized_keys|crontab|cron\.d|systemd/user|startup$`,
	`^/etc/`,
])

_guessed(value) := value.kind if {
	value.kind in {"address", "account", "url"}
	not _names_a_message(value.at)
	not _is_text_of_a_file(value.at)
} else := "target" if {
	_destroys
	not classes.of_tool.sinks
} else := "user" if {
	not classes.of_tool.sinks
	_named_like_a_sink(value.at)
}

# `<a1@mail.example>` looks like an address, and nothing goes there. @see RFC 5322 section 3.6.4
_names_a_message(at) if {
	replace(_last_name(at), "_", "") in {"inreplyto", "references", "messageid", "threadid", "icaluid"}
}

# What a file shall say, where the class says which file.
_is_text_of_a_file(at) if {
	"path" in {classes.holds(given) | some given in classes.of_tool.sinks}
	classes.does_only({"write", "update", "create"})
	replace(_last_name(at), "_", "") in {
		"content", "contents", "text", "filetext", "oldtext", "newtext", "oldstring", "newstring", "oldstr", "newstr",
	}
}

_destroys if effects.destroys

_destroys if "delete" in classes.effects

_named_like_a_sink(at) if {
	_last_name(at) in {
		"to", "cc", "bcc", "recipient", "recipients", "email", "emails", "user", "users", "username", "channel", "invitee",
		"invitees", "attendees", "participants", "iban", "account", "host", "hostname",
	}
}

# Longer text with values in it is as good as they are.
_told_by_its_values(value, kind) if {
	not value.inside
	value.kind == "text"
	not kind in {"code", "target"}
	some other in input.provenance
	other.at == value.at
	other.inside
	other.kind in {"address", "account", "url", "host"}
}

_told_by_its_values(value, kind) if {
	not value.inside
	kind == "text"
}

_told_by_its_values(_, "amount")

# An id in which something looks like an address.
_told_by_the_whole(value) if {
	value.inside
	_declared(value.at) in {"id", "channel", "name"}
	some whole in input.provenance
	whole.at == value.at
	not whole.inside
	_is_known(whole)
}

_inside(value) if {
	some name in settings.of("data_flow", "inside")
	some host in _hosts_of(value)
	_is_or_under(host, lower(name))
}

_inside(value) if {
	some name in settings.of("data_flow", "inside")
	lower(_given(value.at)) == lower(name)
}

_hosts_of(value) := [host |
	some text in [object.get(value, "inside", _given(value.at))]
	parts := regex.find_all_string_submatch_n(`^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@]*@)?([a-z0-9.-]+)`, lower(text), 1)
	host := parts[0][1]
]

_is_or_under(host, name) if host == name

_is_or_under(host, name) if endswith(host, concat("", [".", name]))

_link(sink) if sink.kind == "link"

# A URL that is only looked at: what was shown may be followed.
_fetched(kind, value) if {
	value.kind in {"url", "host"}
	kind in {"url", "host"}
	_only_fetches
} else := false

_only_fetches if classes.effects == set()

_only_fetches if {
	classes.does_only({"fetch"})
}

_only_fetches if {
	not classes.of_tool
	effects.reads_plainly
}

_shown_as_it_is(value) if {
	some seen in value.seen
	not seen.echo
}

_needs_more_than_an_entry(sink) if sink.kind in {"account", "secret"}

_needs_more_than_an_entry(sink) if {
	sink.kind in {"address", "user"}
	classes.does_any({"share", "grant", "pay"})
}

# Whoever takes part in something already may be given a part in something.
_has_a_part_in_it(sink) if {
	classes.does_any({"share", "grant"})
	provenance.takes_part(sink.value)
}

_speaks_to_others if {
	classes.does_any({"send", "post", "share", "invite", "update"})
}

_speaks_to_others if not classes.of_tool

_named(sink) := $"{sink.value.inside} in {sink.value.at}" if {
	sink.value.inside
} else := $"{sink.kind} at {sink.value.at}"
