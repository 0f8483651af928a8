/**
 * `portcullis policy init`: a repository for policy in one command. An own rule with its tests, data to fill in, the
 * library vendored so that plain `opa test`, editors and reviews see what the rules build on, and CI that runs all of it.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { requireProjectFile } from './project.ts';

export function initCommand(): Command {
  return new Command('init')
    .description('make a repository for policy, with tests and CI')
    .argument('[folder]', 'an empty or new folder', '.')
    .option('--update-library', 'only bring library/ up to this version')
    .option('--json', 'print the result as JSON')
    .action((folder: string, options: { updateLibrary?: boolean; json?: boolean }) => {
      const written = options.updateLibrary ? [vendorLibrary(folder)] : initFolder(folder);
      if (options.json) process.stdout.write(`${JSON.stringify({ folder, written })}\n`);
      else process.stdout.write(`${written.map((file) => `  ${file}`).join('\n')}\n\n${NEXT(folder)}`);
    });
}

/** @throws Error when the folder holds something already: nothing is ever overwritten. */
function initFolder(folder: string): readonly string[] {
  const inside = existsSync(folder) ? readdirSync(folder).filter((name) => name !== '.git') : [];
  if (inside.length > 0) {
    throw new Error(
      `${folder} is not empty (${inside.slice(0, 3).join(', ')}…); name a new folder, or --update-library`,
    );
  }
  for (const [name, text] of Object.entries(FILES())) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
  }
  return [...Object.keys(FILES()), vendorLibrary(folder)];
}

function vendorLibrary(folder: string): string {
  for (const part of ['mcp', 'packs']) {
    cpSync(requireProjectFile(`policies/${part}`), join(folder, 'library', part), {
      recursive: true,
      force: true,
    });
  }
  cpSync(requireProjectFile('config/schema'), join(folder, 'schema'), {
    recursive: true,
    force: true,
  });
  return 'library/, schema/';
}

const NEXT = (folder: string) => `Next${folder === '.' ? '' : `, in ${folder}`}:
  portcullis policy test      the rule and its tests, in OPA and in the engine of the gate
  portcullis policy check     what is wrong before anything judges with it
  portcullis policy build     bundle.tar.gz, for policy.bundle in portcullis.yaml
  make policy-ci              all of it, as CI runs it
`;

const FILES = (): Readonly<Record<string, string>> => ({
  'policies/mail.rego': RULE,
  'policies/data.yaml': `${readFileSync(requireProjectFile('policies/data.yaml'), 'utf8')}`,
  'tests/mail_test.rego': TEST,
  'recorded/README.md': RECORDED,
  Makefile: MAKEFILE,
  '.github/workflows/policy.yml': WORKFLOW,
  '.gitignore': 'bundle.tar.gz\nreport.md\n',
  'README.md': README,
});

const RULE = `# METADATA
# title: Mail
# description: What agents may do with mail. Rules live in packages of their own under mcp.rules and are found there.
package mcp.rules.mail

import data.mcp.lib.chain
import data.mcp.lib.reason

block contains _after_private if {
	input.phase == "request"
	input.tool == "send_mail"
	chain.after("read_private", 3600)
}

# METADATA
# title: Mail after something private was read
# custom:
#   code: mail.after_private
#   message: Something private was read within the hour, so no mail leaves. Send first, or leave it to a person.
#   phases: [request]
_after_private := reason.of(rego.metadata.rule())
`;

const TEST = `package mcp.rules.mail_test

import data.mcp.rules.mail

call := {"phase": "request", "method": "tools/call", "server": "mail", "tool": "send_mail", "name": "mail__send_mail"}

labelled(age) := object.union(call, {"labels": {"read_private": {"age_s": age, "from": "files__read_file"}}})

test_mail_is_refused_after_private_reading if {
	count(mail.block) == 1 with input as labelled(60)
}

test_mail_passes[name] if {
	some name, given in {
		"before anything private was read": object.union(call, {"labels": {}}),
		"long after it": labelled(3601),
		"when it is no mail": object.union(labelled(60), {"tool": "list_mail"}),
		"without labels": call,
		"without a tool": object.remove(labelled(60), ["tool"]),
		"in a list": object.union(labelled(60), {"phase": "list"}),
	}
	count(mail.block) == 0 with input as given
}
`;

const RECORDED = `# Recorded traffic

Put records of a gate here (\`var/audit.jsonl\`, a day or a week of it) as \`*.jsonl\`. CI judges each decision in them again
with the policy of the change and tells what would have come out otherwise. Secrets the gate found are masked in it
already; what else is private in your traffic is for you to take out.
`;

const MAKEFILE = `PORTCULLIS ?= portcullis

.PHONY: policy-ci test check build fmt

policy-ci: ## everything CI runs; report.md is for the pull request
	$(PORTCULLIS) policy ci --markdown report.md

test:
	$(PORTCULLIS) policy test

check:
	$(PORTCULLIS) policy check

build:
	$(PORTCULLIS) policy build

fmt:
	$(PORTCULLIS) policy fmt policies tests
`;

const WORKFLOW = `name: policy
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  policy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - uses: open-policy-agent/setup-opa@v2
        with:
          version: 1.22.0
      - run: npm install --global portcullis
      - run: portcullis policy ci --markdown "$GITHUB_STEP_SUMMARY"
`;

const README = `# Policy

| | |
|---|---|
| \`policies/\` | own rules, in packages under \`mcp.rules\`, and \`data.yaml\`: grants, scopes, chains, packs |
| \`tests/\` | \`opa test\` over them; plain \`opa test policies tests library\` works as well |
| \`recorded/\` | traffic that changes are tried on |
| \`library/\`, \`schema/\` | what Portcullis brings; \`portcullis policy init --update-library\` renews it |

\`make policy-ci\` checks, tests, builds and replays.
`;
