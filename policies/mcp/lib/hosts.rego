# METADATA
# title: Hosts
# description: Where the arguments point on the network, as the host canonicalised it.
package mcp.lib.hosts

# METADATA
# description: |
#   Facts of hosts that are not public: loopback, private and link-local networks, cloud metadata. A fact that does
#   not say so counts as private.
#       block contains … if some place in hosts.private
private contains fact if {
	some fact in input.hosts
	not _public(fact)
}

# METADATA
# description: The host could not say where every URL points.
unknown if "hosts" in input.unknown

_public(fact) if fact.private == false
