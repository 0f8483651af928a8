# METADATA
# title: Git
# description: >-
#   Keeps agents from rewriting history and from working on branches that are released from, and git from taking
#   an argument for an option.
# custom:
#   owasp: [MCP02, MCP05]
#   settings:
#     protected: "Globs of branches that are not checked out, reset or pushed to."
#     repositories: "Globs of repo_path that may be worked in; none means any."
#     servers: "Globs of servers this is about."
#     rewriting: "approve or block what rewrites history."
package mcp.packs.git

import data.mcp.lib.names
import data.mcp.lib.patterns
import data.mcp.lib.reason
import data.mcp.lib.scope
import data.mcp.lib.settings
import data.mcp.lib.words

block contains _option(name) if {
	input.phase == "request"
	_concerned
	some name, value in input.args
	not name in _prose
	_like_an_option(value)
}

_like_an_option(value) if startswith(value, "-")

_like_an_option(value) if {
	some item in value
	startswith(item, "-")
}

# METADATA
# title: Argument that reads as an option
# custom:
#   code: git.option
#   message: >-
#     A value that begins with a dash is an option to git, and options run programs.
#   phases: [request]
_option(name) := reason.saying(
	rego.metadata.rule(),
	$"{name} is no plain name; what begins with a dash git reads as an option. Name branches, files and commits by themselves.",
)

block contains _option(member) if {
	input.phase == "request"
	some member in _naming_branches
	_ = input.args[member]
	not _names(input.args[member])
}

_names(value) if is_string(value)

_names(value) if is_number(value)

# Text that git is given as text: a list may begin with a dash.
_prose := {"message", "content", "text", "body", "description", "title", "comment"}

_concerned if names.catches([$"{pattern}__*" | some pattern in settings.of("git", "servers")], input.name)

block contains _protected(branch) if {
	input.phase == "request"
	words.say({"checkout", "reset", "push", "merge", "commit", "delete", "rebase"})
	some branch in _branches
	_is_protected(branch)
}

# METADATA
# title: Protected branch
# custom:
#   code: git.protected
#   message: >-
#     The branch is protected.
#   phases: [request]
_protected(branch) := reason.saying(
	rego.metadata.rule(),
	$"{branch} is protected: work on a branch of your own and have it merged by review.",
)

block contains _outside if {
	input.phase == "request"
	settings.of("git", "repositories") != []
	_concerned
	not _inside
}

# METADATA
# title: Repository outside the list
# custom:
#   code: git.outside
#   message: >-
#     The call names no repository it may work in. Give repo_path as one of those this gate allows.
#   phases: [request]
_outside := reason.of(rego.metadata.rule())

block contains _rewrites if {
	_rewriting
	settings.of("git", "rewriting") != "approve"
}

require_approval contains _rewrites if {
	_rewriting
	settings.of("git", "rewriting") == "approve"
}

# METADATA
# title: History is rewritten
# custom:
#   code: git.rewrites
#   message: >-
#     The call would rewrite or throw away work that may be nowhere else. Commit or branch instead, or leave it
#     to a person.
#   phases: [request]
_rewrites := reason.of(rego.metadata.rule())

_rewriting if {
	input.phase == "request"
	words.say({"reset", "rebase", "force", "prune", "gc", "filter"})
}

_rewriting if {
	input.phase == "request"
	input.args.force == true
}

_inside if {
	some fact in input.paths
	fact.at == "/args/repo_path"
	scope.within(fact.path, settings.of("git", "repositories"))
}

_branches contains branch if {
	some member in _naming_branches
	_names(input.args[member])
	branch := lower(trim_prefix(trim_prefix(_text(input.args[member]), "refs/heads/"), "origin/"))
}

_text(name) := name if is_string(name)

_text(name) := json.marshal(name) if is_number(name)

_naming_branches := ["branch", "branch_name", "target", "ref", "base_branch", "base", "head"]

_is_protected(branch) if {
	some pattern in settings.of("git", "protected")
	not patterns.clear_of(lower(pattern), branch)
}
