# METADATA
# title: Replacing nothing
# description: The engine never comes back from replace with an empty needle, and the frame is refused or the gate hangs.
package portcullis.checks.rules.replace_needle

import data.portcullis.checks.ast

findings contains [rule.file, call.line, message, fix] if {
	some rule in ast.rules
	some call in ast.calls(rule.node)
	call.name == "replace"
	not _safe(call.arguments[1])
	message := "replace with a needle that is empty, or may be, loops for ever in the engine."
	fix := "Write the needle as a constant that is not empty."
}

_safe(needle) if ast.constant(needle) != ""
