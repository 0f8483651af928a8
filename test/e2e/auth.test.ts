/**
 * Who is calling, over HTTP: API keys and tokens, what the unknown are told, what never goes on to the server, and
 * labels that stay with the caller they were given to.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { sendRaw } from '../support/raw-http.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { Client, type Headers, textOf, toolCall } from './_client.ts';
import { ruleBundle } from './_policies.ts';

const POLICY = `
decision := {"verdict": "block", "reasons": [{"code": "tainted", "message": "No.", "rule": "test"}]} if {
	input.tool == "send"
	input.labels.tainted
} else := {"verdict": "allow", "reasons": [], "labels": {"add": ["tainted"]}} if {
	input.tool == "read"
} else := {"verdict": "block", "reasons": [{"code": "role", "message": "Role.", "rule": "test"}]} if {
	input.tool == "admin"
	not "admin" in input.caller.roles
} else := {"verdict": "allow", "reasons": []}
`;
const METADATA = 'https://gate.example.com/.well-known/oauth-protected-resource';
const CLAIMS = { iss: 'https://as.example', aud: 'https://gw.example/mcp', sub: 'alice', exp: '+600' };

const credentials = createCredentials(0);
let upstream: ScriptedUpstream;
const gates = new Map<string, TestGate>();

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const { api_keys, jwt } = credentials.auth;
  const kinds = { api_keys, jwt: { ...jwt, resource_metadata: METADATA }, both: [api_keys, jwt] };
  for (const [name, auth] of Object.entries(kinds)) {
    const config = { servers: { rec: { url: upstream.url }, other: { url: upstream.url } }, auth };
    gates.set(name, await startGate({ bundle: ruleBundle(POLICY), config }));
  }
});
afterAll(async () => {
  for (const gate of gates.values()) await gate.close();
  await upstream.close();
  credentials.remove();
});

function clientOf(kind: string, headers: Headers, server = 'rec'): Client {
  const client = new Client((gates.get(kind) as TestGate).server(server), headers);
  onTestFinished(() => client.close());
  return client;
}

const key = (name: string) => ({ 'x-api-key': credentials.keyOf(name) });
const token = (claims: object = {}, more: object = {}) => ({
  authorization: `Bearer ${credentials.token({ alg: 'RS256', claims: { ...CLAIMS, ...claims } as never, ...more })}`,
});

describe('who is let in', () => {
  test.each([
    { name: 'an API key in its own header', kind: 'api_keys', headers: () => key('carol'), subject: 'carol' },
    {
      name: 'an API key as a bearer',
      kind: 'api_keys',
      headers: () => ({ authorization: `Bearer ${credentials.keyOf('carol')}` }),
      subject: 'carol',
    },
    { name: 'a token', kind: 'jwt', headers: () => token(), subject: 'alice' },
    { name: 'a key, where both are taken', kind: 'both', headers: () => key('dave'), subject: 'dave' },
    { name: 'a token, where both are taken', kind: 'both', headers: () => token(), subject: 'alice' },
  ])('$name', async ({ kind, headers, subject }) => {
    const client = await clientOf(kind, headers()).open();
    expect(textOf(await client.call('echo'))).toBe('ran echo');
    const { headers: received, body } = upstream.requests.at(-1) ?? {};
    expect(received).not.toHaveProperty('authorization');
    expect(received).not.toHaveProperty('x-api-key');
    expect(`${JSON.stringify(received)}${body}`).not.toContain(
      Object.values(headers())[0]?.replace('Bearer ', ''),
    );
    expect(gates.get(kind)?.record().at(-2)).toMatchObject({
      requested_by: subject,
      input: { caller: { subject } },
    });
  });

  test('roles come from the token, and from nowhere else', async () => {
    const plain = await clientOf('jwt', { ...token(), 'x-roles': 'admin' }).open();
    expect(textOf(await plain.call('admin', { roles: ['admin'] }))).toContain('role');
    const admin = await clientOf('jwt', token({ roles: ['admin'] })).open();
    expect(textOf(await admin.call('admin'))).toBe('ran admin');
  });
});

describe('who is not', () => {
  const KEYED = 'Bearer realm="portcullis"';
  const TOKENED = `Bearer realm="portcullis", resource_metadata="${METADATA}"`;
  test.each([
    { name: 'nobody', kind: 'api_keys', headers: () => ({}), challenge: KEYED },
    { name: 'nobody, where tokens are taken', kind: 'jwt', headers: () => ({}), challenge: TOKENED },
    {
      name: 'a made-up key',
      kind: 'api_keys',
      headers: () => ({ 'x-api-key': `pk_${'a'.repeat(43)}` }),
      challenge: `${KEYED}, error="invalid_token"`,
    },
    {
      name: 'a made-up bearer',
      kind: 'both',
      headers: () => ({ authorization: 'Bearer made-up' }),
      challenge: `${KEYED}, error="invalid_token"`,
    },
    { name: 'a token where keys are taken', kind: 'api_keys', headers: () => token(), challenge: KEYED },
    { name: 'a key where tokens are taken', kind: 'jwt', headers: () => key('carol'), challenge: TOKENED },
    {
      name: 'both at once',
      kind: 'both',
      headers: () => ({ ...key('carol'), ...token() }),
      challenge: KEYED,
    },
    {
      name: 'Basic',
      kind: 'both',
      headers: () => ({ authorization: 'Basic Y2Fyb2w6eA==' }),
      challenge: KEYED,
    },
    {
      name: 'a token for another audience',
      kind: 'jwt',
      headers: () => token({ aud: 'https://other' }),
      challenge: TOKENED,
    },
    {
      name: 'a token that has ended',
      kind: 'jwt',
      headers: () => token({ exp: '-600' }),
      challenge: TOKENED,
    },
    {
      name: 'a token without an end',
      kind: 'jwt',
      headers: () => token({ exp: undefined }),
      challenge: TOKENED,
    },
    { name: 'an unsigned token', kind: 'jwt', headers: () => token({}, { alg: 'none' }), challenge: TOKENED },
    {
      name: 'a token signed by a stranger',
      kind: 'jwt',
      headers: () => token({}, { sign: 'other-key' }),
      challenge: TOKENED,
    },
    {
      name: 'a token signed with the public key',
      kind: 'jwt',
      headers: () => token({}, { alg: 'HS256', sign: 'hmac-public-key' }),
      challenge: TOKENED,
    },
  ])('$name: 401, and nothing goes on', async ({ kind, headers, challenge }) => {
    const client = clientOf(kind, headers());
    const before = upstream.requests.length;
    for (const [method, body] of [
      ['POST', toolCall(1, 'echo')],
      ['POST', '{not json'],
      ['GET'],
      ['DELETE'],
    ] as const) {
      const answer = await client.send(method, body, { accept: '*/*' });
      expect(answer).toMatchObject({
        status: 401,
        json: { id: null, error: { code: -31401, data: { code: 'GW_AUTH' } } },
      });
      expect(answer.headers['www-authenticate']).toMatch(
        new RegExp(`^${challenge.replaceAll(/[.?*/]/g, '\\$&')}`),
      );
    }
    expect(upstream.requests.length).toBe(before);
  });

  test('a body is not read before its sender is known', async () => {
    const { port } = new URL((gates.get('api_keys') as TestGate).url);
    const head =
      'POST /mcp/rec HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n';
    const answer = await sendRaw(Number(port), [head], { quietMs: 200 });
    expect(answer.statuses).toEqual([401]);
  });
});

describe('labels', () => {
  const sends = async (client: Client) => textOf(await client.call('send'));

  test('stay with the caller, over sessions and servers, and with nobody else', async () => {
    const carol = await clientOf('api_keys', key('carol')).open();
    const dave = await clientOf('api_keys', key('dave')).open();
    expect(await sends(carol)).toBe('ran send');
    await carol.call('read');
    expect(await sends(carol)).toContain('tainted');
    expect(await sends(dave)).toBe('ran send');
    expect(await sends(await clientOf('api_keys', key('carol')).open())).toContain('tainted');
    expect(await sends(await clientOf('api_keys', key('carol'), 'other').open())).toContain('tainted');
    const asBearer = { authorization: `Bearer ${credentials.keyOf('carol')}` };
    expect(await sends(await clientOf('api_keys', asBearer).open())).toContain('tainted');
  });

  test('a fresh token of the same caller carries them on; another caller of the same issuer has none', async () => {
    const first = await clientOf('jwt', token({ sub: 'erin', jti: '1' })).open();
    await first.call('read');
    expect(
      await sends(await clientOf('jwt', token({ sub: 'erin', jti: '2', exp: '+900' })).open()),
    ).toContain('tainted');
    expect(await sends(await clientOf('jwt', token({ sub: 'frank' })).open())).toBe('ran send');
  });

  test('of two calls at once the second meets what the first left', async () => {
    const client = await clientOf('jwt', token({ sub: 'grace' })).open();
    const frame = (body: object, last: boolean) => {
      const text = JSON.stringify(body);
      const head = `POST /mcp/rec HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nMcp-Session-Id: ${client.session}\r\n`;
      const auth = `Authorization: ${token({ sub: 'grace' }).authorization}\r\nConnection: ${last ? 'close' : 'keep-alive'}\r\n`;
      return `${head}${auth}Content-Length: ${text.length}\r\n\r\n${text}`;
    };
    const both = frame(toolCall(1, 'read'), false) + frame(toolCall(2, 'send'), true);
    const answer = await sendRaw(Number(client.url.port), [both]);
    expect(answer.text).toContain('ran read');
    expect(answer.text).toContain('tainted');
    expect(answer.text).not.toContain('ran send');
  });
});
