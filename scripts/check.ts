/** What `make check` looks at, quickest failure first. Stops at the first thing that is wrong and says how to mend it. */
import { spawnSync } from 'node:child_process';

const opa = spawnSync('scripts/opa.sh', {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
}).stdout?.trim();
if (!opa) process.exit(1);

const CAPABILITIES = ['--capabilities', 'config/opa-capabilities.json'];

const CHECKS = [
  { name: 'format and lint', run: ['biome', 'check', '--error-on-warnings', '.'], mend: 'make fmt' },
  { name: 'types', run: ['tsc', '--noEmit'] },
  { name: 'layers', run: ['vitest', 'run', '--reporter=dot', 'test/layers.test.ts'] },
  { name: 'generated files', run: ['node', 'scripts/generate.ts', '--check'], mend: 'make generate' },
  { name: 'Rego format', run: [opa, 'fmt', '--fail', '--list', 'policies', 'rego-tests'], mend: 'make fmt' },
  {
    name: 'Rego strict, with schemas',
    run: [
      opa,
      'check',
      '--strict',
      '--schema',
      'config/schema',
      ...CAPABILITIES,
      'policies/mcp',
      'policies/packs',
      'policies/adapters',
    ],
  },
  {
    name: 'Rego strict, checks and tests too',
    run: [opa, 'check', '--strict', '--schema', 'config/schema', 'policies', 'rego-tests'],
  },
  { name: 'policy bundle', run: ['scripts/build-policy.sh', '--check'], mend: 'make policy' },
  { name: 'unused files, exports and dependencies', run: ['knip'] },
] as const satisfies readonly { name: string; run: readonly string[]; mend?: string }[];

for (const check of CHECKS) {
  const [command, ...args] = check.run;
  const began = performance.now();
  const done = spawnSync(command, args, { encoding: 'utf8' });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (done.status === 0) {
    process.stdout.write(`ok   ${check.name} (${seconds} s)\n`);
    continue;
  }
  process.stderr.write(
    `${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}\nFAIL ${check.name}\n`,
  );
  if ('mend' in check) process.stderr.write(`     mend it with: ${check.mend}\n`);
  process.exit(1);
}
