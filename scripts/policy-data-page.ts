/** `docs/policy/data.md`: what the default policy reads, from the schema it is checked with. */
import { readFileSync } from 'node:fs';
import { policyData } from '../proxy/config/policy-data.ts';
import { settingRows } from './configuration-page.ts';

export function policyDataPage(): string {
  return [
    '<!-- Generated from proxy/config/policy-data.ts by `make generate`; do not edit. -->',
    '# Policy data',
    '',
    'What the default policy reads. A file named by `policy.data` in the configuration is laid over the data of the bundle:',
    'objects are merged, lists are replaced. It is checked when it is loaded and by `portcullis validate`; data in a folder',
    'of your own by `portcullis policy check`. A name nobody knows is an error where it looks like a known one, and yours',
    'where it does not. Editors take the JSON Schema `config/policy-data.schema.json`.',
    '',
    'Scopes, chains, statements and texts, as teams write them:',
    '',
    '```yaml',
    readFileSync('config/policy-data.example.yaml', 'utf8').trimEnd(),
    '```',
    '',
    'The same in Rego of your own, and what else rules can see: [reference](reference.md).',
    '',
    '| name | | what it is |',
    '|---|---|---|',
    ...settingRows(policyData).filter((row) => !row.startsWith('| `packs.')),
    '| `packs.<name>` |  | [packs](packs.md) that are awake, with their settings |',
    '',
  ].join('\n');
}
