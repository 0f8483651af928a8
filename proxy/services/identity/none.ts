/** No authentication: everybody is `anonymous`, and its labels are everybody's. For loopback listeners only. */
import { defineCaller } from './_principal.ts';
import type { Identity } from './identity.ts';

export function createAnonymous(): Identity {
  const anonymous = defineCaller({
    subject: 'anonymous',
    roles: [],
    permissions: [],
    auth: 'none',
    claims: {},
  });
  return {
    identify() {
      return anonymous;
    },
  };
}
