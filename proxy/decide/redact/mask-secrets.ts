/**
 * Takes the secrets out of a policy input before it goes on record.
 *
 * Takes the input's JSON text and gives back the same text with every secret, in values and in names,
 * replaced by a keyed digest, and the pointers of what was replaced as OPA's decision log lists them. Throws
 * rather than let a secret through.
 */
import type { Search } from './plan.ts';
import type { HashKey } from './replacement.ts';
import { secretFinder } from './secret.ts';
import { pointerOf, StringPass } from './string-pass.ts';

const SECRETS: readonly Search[] = [{ finder: secretFinder, with: 'hash', literal: false }];

export interface Masked {
  readonly text: string;
  /** Under `/input`; with a secret in a member's name the name is masked here too. */
  readonly pointers: readonly string[];
}

export function maskSecrets(text: string, hashKey: HashKey): Masked {
  const pointers = new Set<string>();
  const pass = new StringPass(text, SECRETS, {
    hashKey,
    placeOf: () => 'open',
    onHit: () => {},
    onEdit: (path) => pointers.add(`/input${pointerOf(path)}`),
  });
  const masked = pass.run([]);
  if (masked === undefined) return { text, pointers: [] };
  // A pointer is made of names, and a name can be the secret.
  return { text: masked, pointers: [...pointers].map((pointer) => maskPointer(pointer, hashKey)) };
}

function maskPointer(pointer: string, hashKey: HashKey): string {
  const pass = new StringPass(JSON.stringify(pointer), SECRETS, {
    hashKey,
    placeOf: () => 'open',
    onHit: () => {},
  });
  const masked = pass.run([]);
  return masked === undefined ? pointer : (JSON.parse(masked) as string);
}
