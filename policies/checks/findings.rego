# METADATA
# title: Findings
# description: >-
#   What is wrong with a policy that compiles: { check, file, line, message, fix }, from every package under
#   portcullis.checks.rules. A check is found because it is there.
package portcullis.checks

# METADATA
# title: All findings
findings contains found if {
	some check
	some [file, line, message, fix] in data.portcullis.checks.rules[check].findings
	found := {"check": check, "file": file, "line": line, "message": message, "fix": fix}
}
