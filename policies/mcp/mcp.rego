# METADATA
# title: Portcullis policies
# description: >-
#   Everything under this package is checked against the policy input's schema, so a misspelt `input.tol` fails
#   `opa check --schema config/schema` instead of silently never being true.
# scope: subpackages
# schemas:
#   - input: schema["policy-input"]
package mcp
