/**
 * A policy that says what a test's data tells it to say, so that one bundle serves every test of the gate itself:
 * `data.say.<phase>.<tool or method>` is the decision, and what it does not mention is allowed. A few tools break the
 * engine for real.
 */
import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, buildWasm } from '../support/opa.ts';

const SAY = `package mcp.main

decision := answer if {
	not input.tool == "silent"
	answer := _answer
}

_answer := _slow if {
	input.tool == "endless"
} else := _broken if {
	input.tool == "conflict"
} else := _grown if {
	input.tool == "grow"
} else := data.say[input.phase][input.tool] if {
	true
} else := data.say[input.phase][input.method] if {
	true
} else := {"verdict": "allow", "reasons": []}

_broken := {"verdict": "allow", "reasons": []} if input.method

_broken := {"verdict": "allow", "reasons": [1]} if input.method

_slow := {"verdict": "allow", "reasons": n} if {
	n := [1 |
		some a in input.args.items
		some b in input.args.items
		some c in input.args.items
		some d in input.args.items
		some e in input.args.items
		some f in input.args.items
		a != b
		c == "never"
		d != e
		f == "never"
	]
}

_grown := {"verdict": "allow", "reasons": x} if {
	x := [[a, b] | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000)]
}
`;

/** Path of the bundle that says what data tells it. */
export function sayBundle(revision = 'say'): string {
  return bundleFile({ sources: { 'main.rego': SAY }, revision });
}

/** Path of a bundle of one Rego file, package `mcp.main`. */
export function ruleBundle(rules: string, revision = ''): string {
  return bundleFile({ sources: { 'main.rego': `package mcp.main\n\n${rules}\n` }, revision });
}

export function bundleFile(options: BuildOptions): string {
  const bytes = buildWasm(options);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
  const file = join(import.meta.dirname, '../../.cache/test-wasm', `e2e-${digest}.tar.gz`);
  if (!existsSync(file)) {
    writeFileSync(`${file}.${process.pid}`, bytes);
    renameSync(`${file}.${process.pid}`, file);
  }
  return file;
}

export const ALLOW = { verdict: 'allow', reasons: [] } as const;

export function block(code: string, message = 'No.') {
  return { verdict: 'block', reasons: [{ code, message, rule: 'test' }] };
}
