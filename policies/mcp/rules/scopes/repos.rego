package mcp.rules.scopes

import data.mcp.lib.names
import data.mcp.lib.reason
import data.mcp.lib.scope

_refusals contains reason if {
	_scope.repos
	input.method == "tools/call"
	some reason in _repo_refusals
}

_repo_refusals contains _repo_outside(repo) if {
	some repo in _repos
	not _repo_allowed(repo)
}

# METADATA
# title: Repository outside the scope
# description: >-
#   Every way in which the arguments name a repository has to be inside `repos`. Case does not matter: forges do not
#   tell ACME/Web from acme/web either.
# custom:
#   code: scopes.repo
#   message: The repository is outside what this server may touch.
#   phases: [request]
_repo_outside(repo) := reason.saying(
	rego.metadata.rule(),
	$"{repo} is outside what {input.server} may touch. Use one of {_scope.repos}.",
)

_repo_refusals contains _repo_missing if {
	count(_repos) == 0
	not _needs_no_repo
}

# METADATA
# title: Call without a repository
# description: >-
#   A search or a listing that names none could reach them all. `without_repo` lists the tools that may.
# custom:
#   code: scopes.repo_missing
#   message: The call names no repository, and this server is confined to some.
#   phases: [request]
_repo_missing := reason.saying(
	rego.metadata.rule(),
	$"The call names no repository. Give owner and repo; {input.server} may touch {_scope.repos}.",
)

_needs_no_repo if names.matches_any(_scope.without_repo, input.name)

# A name without its owner reads "<undefined>/web", which no sensible pattern allows.
_repos contains $"{input.args.owner}/{name}" if {
	some member in ["repo", "repository", "repo_name"]
	name := input.args[member]
	not _has_owner(name)
}

_repos contains name if {
	some member in ["repo", "repository", "repo_name", "full_name", "repo_full_name"]
	name := input.args[member]
	_has_owner(name)
}

_has_owner(name) if contains(name, "/")

_repo_allowed(repo) if {
	some pattern in _scope.repos
	scope.covers(lower(pattern), lower(repo))
	not _ambiguous(repo)
}

# What a forge's API would read as another place, or as several.
_ambiguous(repo) if {
	some mark in ["..", "//", "%", "?", "#", "\\", "[", " "]
	contains(repo, mark)
}
