/** The names of the configuration and their defaults, in literals: files in the field are written with them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configSchema } from '../../proxy/config/schema.ts';
import { knownKeys } from '../../proxy/config/suggest.ts';
import { configurationPage } from '../../scripts/configuration-page.ts';

test.each<[string, readonly string[], readonly string[]]>([
  [
    'the file',
    [],
    [
      'listen',
      'ops',
      'hosts',
      'origins',
      'servers',
      'policy',
      'auth',
      'audit',
      'state',
      'provenance',
      'approvals',
      'platforms',
      'limits',
    ],
  ],
  ['policy', ['policy'], ['bundle', 'candidate', 'data', 'isolation', 'deadlineMs', 'maxPages', 'timeZone']],
  ['audit', ['audit'], ['file', 'durability']],
  ['state', ['state'], ['kind', 'url', 'password_env', 'file', 'labelTtlSeconds']],
  ['provenance', ['provenance'], ['track', 'intentFrom', 'keepSeconds', 'maxBytesPerCaller', 'maxBytes']],
  [
    'a server',
    ['servers', 'name'],
    [
      ...['type', 'url', 'headers', 'auth', 'routes', 'root', 'connections'],
      ...['command', 'args', 'env', 'cwd', 'max_processes', 'idle_seconds', 'instance'],
    ],
  ],
  [
    'limits',
    ['limits'],
    [
      ...[
        'maxBodyBytes',
        'maxEventBytes',
        'bodyTimeoutMs',
        'maxDepth',
        'maxElements',
        'maxInput',
        'maxString',
      ],
      ...[
        'maxWidth',
        'maxNodes',
        'maxInFlight',
        'maxSessions',
        'maxSessionsPerCaller',
        'maxCallers',
        'maxHistory',
      ],
      ...['connectTimeoutMs', 'requestDeadlineMs', 'requestDeadlineMaxMs'],
    ],
  ],
])('%s has these settings', (_, path, keys) => {
  expect(knownKeys(configSchema, path)).toEqual(keys);
});

test('docs/configuration.md is what the schema says', () => {
  const page = join(import.meta.dirname, '../../docs/configuration.md');
  expect(readFileSync(page, 'utf8')).toBe(configurationPage());
});
