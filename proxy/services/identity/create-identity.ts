/** Opens the identity that the options describe: nobody, or one or more kinds of credential side by side. */
import { type ApiKeyOptions, createApiKeys } from './api-keys.ts';
import { createCombined } from './combined.ts';
import type { Identity } from './identity.ts';
import { createJwt, type JwtOptions } from './jwt.ts';
import { createAnonymous } from './none.ts';

export interface NoneOptions {
  readonly kind: 'none';
}

/** Each kind at most once; `none` only by itself. */
export type IdentityOptions = NoneOptions | ApiKeyOptions | JwtOptions;

export interface OpenIdentity extends Identity {
  /**
   * Reads key files again, lets a key set from a URL be fetched again, and forgets checked tokens.
   * All or nothing: throws, naming the file, and keeps what it had.
   */
  reload(): void;
  close(): void;
}

/**
 * @param ports.now milliseconds since the epoch.
 * @throws Error with words for the operator, when an option or a file is wrong.
 */
export function createIdentity(
  options: readonly IdentityOptions[],
  ports: { now: () => number },
): OpenIdentity {
  const apiKeyOptions = onlyOne(options, 'api_keys');
  const jwtOptions = onlyOne(options, 'jwt');
  if (onlyOne(options, 'none') !== undefined) {
    if (options.length > 1) throw new Error('auth: kind none cannot stand beside another kind');
    return { ...createAnonymous(), reload() {}, close() {} };
  }
  if (options.length === 0) throw new Error('auth: write at least one kind');

  const apiKeys = apiKeyOptions && createApiKeys(apiKeyOptions, ports);
  const jwt = jwtOptions && createJwt(jwtOptions, ports);
  const providers = [apiKeys, jwt].filter((provider) => provider !== undefined);
  const resourceMetadata = jwtOptions?.resourceMetadata;
  return {
    ...createCombined({
      ...(apiKeys && { apiKeys }),
      ...(jwt && { jwt }),
      ...(resourceMetadata !== undefined && { resourceMetadata }),
    }),
    reload() {
      // Everything is read before anything is swapped.
      const swaps = providers.map((provider) => provider.prepareReload());
      for (const swap of swaps) swap();
    },
    close() {
      for (const provider of providers) provider.close();
    },
  };
}

function onlyOne<K extends IdentityOptions['kind']>(
  options: readonly IdentityOptions[],
  kind: K,
): Extract<IdentityOptions, { kind: K }> | undefined {
  const found = options.filter(
    (option): option is Extract<IdentityOptions, { kind: K }> => option.kind === kind,
  );
  if (found.length > 1) throw new Error(`auth: kind ${kind} stands twice`);
  return found[0];
}
