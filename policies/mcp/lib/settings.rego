# METADATA
# title: Settings of packs
# description: |
#   What the policy data says under `packs.<pack>`, or the default, both read where they lie:
#       some host in settings.of("egress", "deny")
#   `data.pack_settings.<pack>.<setting>` holds the default of each setting and what kind of value it has to be.
package mcp.lib.settings

# METADATA
# description: The setting's value.
of(pack, setting) := value if {
	value := data.packs[pack][setting]
} else := data.pack_settings[pack][setting].default

# METADATA
# description: >-
#   Names of settings that a pack does not have, or that are of another kind: they would protect nothing. A pack that
#   does not say what settings it has looks after them itself.
wrong(pack) := {setting |
	kinds := data.pack_settings[pack]
	some setting, value in data.packs[pack]
	not _fits(value, object.get(kinds, [setting, "kind"], ""))
}

_fits(value, kind) if type_name(value) == kind
