# METADATA
# title: Reading Rego
# description: >-
#   Questions about the syntax trees in `input.files`, as `opa parse --format json --json-include locations` writes them:
#   which rules there are, what their bodies read and call. Only the author's own files are judged (`own: true`).
package portcullis.checks.ast

# METADATA
# description: Every rule of the author's files, one by one, `else` branches apart.
rules := [rule |
	some file in input.files
	file.own
	package_path := path_text(file.ast.package.path)
	some node in object.get(file.ast, "rules", [])
	rule := {
		"file": file.path,
		"package": package_path,
		"name": node.head.ref[0].value,
		"adds": object.get(node.head, "key", null) != null,
		"line": row(node.head),
		"node": node,
		"imports": _imports(file.ast),
	}
]

# METADATA
# description: The package is one whose sets the decision is built from.
contributes(rule) if regex.match(`^data\.mcp\.(rules|packs)\.[^.]+$`, rule.package)

# METADATA
# description: The rule refuses, or asks for a person, or helps a rule of its package to do so.
closes(rule) if {
	contributes(rule)
	rule.name in {"block", "require_approval"}
}

closes(rule) if {
	contributes(rule)
	startswith(rule.name, "_")
	rule.adds
}

# METADATA
# description: Expressions of a body as they follow each other, without those inside comprehensions and `every`.
steps(rule) := object.get(rule.node, "body", [])

# METADATA
# description: "All expressions below a node: { terms, negated, line }."
expressions(node) := [expression |
	walk(node, [_, found])
	is_object(found)
	found.terms
	found.index >= 0
	expression := found
]

# METADATA
# description: "Calls below a node: { name, arguments, line }, operators by the names of their functions (equal, gt)."
calls(node) := [call |
	walk(node, [_, found])
	call := _call(found)
]

_call(found) := {
	"name": path_text(found.terms[0].value),
	"arguments": array.slice(found.terms, 1, count(found.terms)),
	"line": row(found.terms[0]),
} if {
	is_array(found.terms)
} else := {
	"name": path_text(found.value[0].value),
	"arguments": array.slice(found.value, 1, count(found.value)),
	"line": row(found),
} if {
	found.type == "call"
}

# METADATA
# description: "References below a node: { text, line, node }; a variable in brackets reads `[]`."
references(node) := [reference |
	walk(node, [_, found])
	found.type == "ref"
	reference := {"text": path_text(found.value), "line": row(found), "node": found}
]

# METADATA
# description: The reference is to the input or the data, and not to a function.
is_lookup(reference) if startswith(reference.text, "input.")

is_lookup(reference) if {
	startswith(reference.text, "data.")
	not startswith(reference.text, "data.mcp.")
}

# METADATA
# description: "A path as text: input.args.path, data.grants[]."
path_text(path) := concat("", [part |
	some index, term in path
	part := _part(index, term)
]) if {
	is_array(path)
} else := ""

_part(0, term) := term.value if {
	is_string(term.value)
} else := "()"

_part(index, term) := $".{term.value}" if {
	index > 0
	term.type == "string"
}

_part(index, term) := "[]" if {
	index > 0
	term.type != "string"
}

# METADATA
# description: The text of a constant string.
constant(term) := term.value if term.type == "string"

# METADATA
# description: "Constants that a member is compared with: { member, value, line, negated }, by == and by `in`."
comparisons(node) := array.concat(
	[found |
		some expression in expressions(node)
		is_array(expression.terms)
		path_text(expression.terms[0].value) in {"equal", "eq"}
		some [left, right] in [[1, 2], [2, 1]]
		expression.terms[left].type == "ref"
		found := {
			"member": path_text(expression.terms[left].value),
			"value": constant(expression.terms[right]),
			"line": row(expression.terms[0]),
			"negated": object.get(expression, "negated", false),
			"exactly": true,
		}
	],
	[found |
		some expression in expressions(node)
		is_array(expression.terms)
		path_text(expression.terms[0].value) == "internal.member_2"
		expression.terms[1].type == "ref"
		expression.terms[2].type in {"array", "set"}
		some term in expression.terms[2].value
		found := {
			"member": path_text(expression.terms[1].value),
			"value": constant(term),
			"line": row(expression.terms[0]),
			"negated": object.get(expression, "negated", false),
			"exactly": count(expression.terms[2].value) == 1,
		}
	],
)

# METADATA
# description: The annotation of a rule, or nothing.
annotation(rule) := rule.node.annotations[0]

_imports(ast) := {alias: path_text(imported.path.value) |
	some imported in object.get(ast, "imports", [])
	path := imported.path.value
	alias := object.get(imported, "alias", path[count(path) - 1].value)
}

# METADATA
# description: The line of a node; 0 where the tree was made without lines.
row(node) := object.get(node, ["location", "row"], 0)
