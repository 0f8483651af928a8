/**
 * Classes proposed for tools as well-known servers define them, for traps, and what is written of them for a person.
 * The servers that are installed here run; the definitions of the others are shaped after their published ones.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { classifyTools } from '../../../cli/policy/classify/classify-tool.ts';
import { readArguments } from '../../../cli/policy/classify/read-arguments.ts';
import type { Effect, Proposal, SinkKind, Source } from '../../../cli/policy/classify/tool-class.ts';
import { toWords } from '../../../cli/policy/classify/words.ts';
import { toData, writeClasses } from '../../../cli/policy/classify/write-classes.ts';
import { visibleLine } from '../../../cli/policy/visible.ts';
import { policyDataProblems } from '../../../proxy/config/policy-data.ts';
import type { Json, JsonObject } from '../../../proxy/frame/json.ts';
import { run } from '../../support/command.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../../support/scripted-upstream.ts';

type Arguments = Readonly<Record<string, Json>>;
type Sinks = Readonly<Record<string, SinkKind>>;
type Row = readonly [
  name: string,
  description: string,
  args: Arguments,
  want: readonly [effects: readonly Effect[], source: Source, sinks?: Sinks] | 'untold',
  annotations?: JsonObject,
];

const TEXT = { type: 'string' };
const TEXTS = { type: 'array', items: TEXT };
const NUMBER = { type: 'integer' };
const FLAG = { type: 'boolean' };
const READ_ONLY = { readOnlyHint: true };

function schema(properties: Arguments): JsonObject {
  return { type: 'object', properties };
}

function objects(properties: Arguments): JsonObject {
  return { type: 'array', items: schema(properties) };
}

function described(description: string): JsonObject {
  return { type: 'string', description };
}

function propose(tool: JsonObject, server = 'server'): Proposal {
  return classifyTools([tool], server)[0] as Proposal;
}

const TOOLS: Readonly<Record<string, readonly Row[]>> = {
  filesystem: [
    ['read_text_file', 'Read a file as text.', { path: TEXT, head: NUMBER }, [[], 'outside']],
    ['list_directory', 'Get a detailed listing of all files.', { path: TEXT }, [[], 'record']],
    ['search_files', 'Recursively search for files.', { path: TEXT, pattern: TEXT }, [[], 'mixed']],
    [
      'move_file',
      'Move or rename files.',
      { source: TEXT, destination: TEXT },
      [['update'], 'record', { '/source': 'path', '/destination': 'path' }],
    ],
  ],
  fetch: [
    [
      'fetch',
      'Fetches a URL from the internet and extracts its contents as markdown.',
      { url: { ...TEXT, format: 'uri' }, max_length: NUMBER, raw: FLAG },
      [['fetch'], 'outside', { '/url': 'url' }],
    ],
    [
      'convert_to_markdown',
      'Convert a resource to markdown.',
      { uri: TEXT },
      [['fetch'], 'outside', { '/uri': 'url' }],
    ],
    [
      'http_request',
      'Perform a request.',
      { url: TEXT, method: { enum: ['GET', 'POST'] }, headers: { type: 'object' }, body: TEXT },
      [['post', 'create', 'fetch'], 'outside', { '/url': 'url', '/headers': 'text', '/body': 'text' }],
    ],
    ['brave_web_search', 'Search the web.', { query: TEXT, count: NUMBER }, [[], 'outside']],
  ],
  memory: [
    [
      'create_entities',
      'Create multiple new entities in the knowledge graph',
      { entities: objects({ name: TEXT, entityType: TEXT, observations: TEXTS }) },
      [['create'], 'record', { '/entities': 'name' }],
    ],
    ['read_graph', 'Read the entire knowledge graph', {}, [[], 'mixed']],
  ],
  github: [
    [
      'create_issue',
      'Create a new issue in a GitHub repository',
      { owner: described('Repository owner'), repo: TEXT, title: TEXT, body: TEXT, assignees: TEXTS },
      [
        ['create'],
        'record',
        { '/owner': 'repo', '/repo': 'repo', '/title': 'text', '/body': 'text', '/assignees': 'user' },
      ],
    ],
    [
      'add_issue_comment',
      'Add a comment to an existing issue',
      { owner: TEXT, repo: TEXT, issue_number: NUMBER, body: TEXT },
      [
        ['post', 'create'],
        'record',
        { '/owner': 'user', '/repo': 'repo', '/issue_number': 'id', '/body': 'text' },
      ],
    ],
    ['get_commit', 'Get details for a commit', { owner: TEXT, repo: TEXT, sha: TEXT }, [[], 'mixed']],
    ['list_issues', 'List issues with filters', { repo: TEXT, state: { enum: ['open'] } }, [[], 'mixed']],
    ['pull_request_read', 'Get a pull request.', { method: TEXT, pullNumber: NUMBER }, [[], 'mixed']],
    ['get_file_contents', 'Get the contents of a file', { path: TEXT, ref: TEXT }, [[], 'outside']],
    ['list_branches', 'List branches in a repository', { repo: TEXT }, [[], 'record']],
    [
      'merge_pull_request',
      'Merge a pull request',
      { repo: TEXT, pull_number: NUMBER, commit_message: TEXT },
      [['update'], 'record', { '/repo': 'repo', '/pull_number': 'id', '/commit_message': 'text' }],
    ],
    [
      'push_files',
      'Push multiple files in a single commit',
      { repo: TEXT, branch: TEXT, files: objects({ path: TEXT, content: TEXT }), message: TEXT },
      [
        ['write'],
        'record',
        {
          '/repo': 'repo',
          '/branch': 'branch',
          '/files': 'path',
          '/message': 'text',
        },
      ],
    ],
    [
      'delete_file',
      'Delete a file',
      { repo: TEXT, path: TEXT, branch: TEXT },
      [['delete'], 'record', { '/repo': 'repo', '/path': 'path', '/branch': 'branch' }],
    ],
    [
      'fork_repository',
      'Fork a repository',
      { repo: TEXT, organization: described('Organization to fork to') },
      [['create'], 'record', { '/repo': 'repo' }],
    ],
  ],
  slack: [
    [
      'slack_post_message',
      'Post a new message to a Slack channel',
      { channel_id: TEXT, text: TEXT },
      [['post'], 'record', { '/channel_id': 'channel', '/text': 'text' }],
    ],
    [
      'slack_reply_to_thread',
      'Reply to a specific message thread',
      { channel_id: TEXT, thread_ts: TEXT, text: TEXT },
      [['send'], 'record', { '/channel_id': 'channel', '/thread_ts': 'id', '/text': 'text' }],
    ],
    ['slack_list_channels', 'List public channels', { limit: NUMBER, cursor: TEXT }, [[], 'directory']],
    ['slack_get_channel_history', 'Get recent messages', { channel_id: TEXT }, [[], 'mixed']],
    ['slack_get_users', 'Get a list of all users', { cursor: TEXT }, [[], 'directory']],
    ['get_users_in_channel', 'Get the users of a channel.', { channel: TEXT }, [[], 'directory']],
    [
      'get_webpage',
      'Returns the content of the webpage.',
      { url: TEXT },
      [['fetch'], 'outside', { '/url': 'url' }],
    ],
    [
      'post_webpage',
      'Posts a webpage at a given URL.',
      { url: TEXT, content: TEXT },
      [['post'], 'record', { '/url': 'url', '/content': 'text' }],
    ],
    [
      'add_user_to_channel',
      'Adds a user to a channel.',
      { user: TEXT, channel: TEXT },
      [['invite', 'create'], 'record', { '/user': 'user', '/channel': 'channel' }],
    ],
    [
      'invite_user_to_slack',
      'Invites a user to the workspace.',
      { user: TEXT, user_email: TEXT },
      [['invite'], 'record', { '/user': 'user', '/user_email': 'address' }],
    ],
  ],
  gmail: [
    [
      'send_email',
      'Sends a new email',
      {
        to: { ...TEXTS, description: 'List of recipient email addresses' },
        cc: TEXTS,
        subject: TEXT,
        body: TEXT,
        attachments: TEXTS,
      },
      [
        ['send'],
        'record',
        { '/to': 'address', '/cc': 'address', '/subject': 'text', '/body': 'text', '/attachments': 'path' },
      ],
    ],
    [
      'draft_email',
      'Draft a new email',
      { to: TEXTS, subject: TEXT, body: TEXT },
      [['create'], 'record', { '/to': 'address', '/subject': 'text', '/body': 'text' }],
    ],
    ['read_email', 'Retrieves the content of a specific email', { messageId: TEXT }, [[], 'mixed']],
    ['search_emails', 'Searches for emails', { query: TEXT, maxResults: NUMBER }, [[], 'mixed']],
    ['search_contacts_by_name', 'Finds contacts in the contact list.', { query: TEXT }, [[], 'directory']],
    [
      'delete_email',
      'Permanently deletes an email',
      { messageId: TEXT },
      [['delete'], 'record', { '/messageId': 'id' }],
    ],
    [
      'download_attachment',
      'Downloads an email attachment',
      { messageId: TEXT, attachmentId: TEXT, savePath: TEXT },
      [['download'], 'outside', { '/messageId': 'id', '/attachmentId': 'id', '/savePath': 'path' }],
    ],
  ],
  drive: [
    ['list_files', 'List all files in the drive.', {}, [[], 'record']],
    ['get_file_by_id', 'Get a file by its ID.', { file_id: TEXT }, [[], 'outside']],
    [
      'share_file',
      'Share a file with a user.',
      { file_id: TEXT, email: { ...TEXT, format: 'email' }, permission: { enum: ['r', 'rw'] } },
      [['share'], 'record', { '/file_id': 'id', '/email': 'address' }],
    ],
    [
      'create_permission',
      'Grants access to a file.',
      { fileId: TEXT, emailAddress: TEXT, role: { enum: ['reader'] } },
      [['share', 'create'], 'record', { '/fileId': 'id', '/emailAddress': 'address' }],
    ],
  ],
  calendar: [
    [
      'create_event',
      'Create an event.',
      { event: schema({ summary: TEXT, attendees: TEXTS, start: { ...TEXT, format: 'date-time' } }) },
      [['invite', 'create'], 'record', { '/event/summary': 'text', '/event/attendees': 'address' }],
    ],
    [
      'update_event',
      'Update an event.',
      { eventId: TEXT, attendees: objects({ email: TEXT, optional: FLAG }) },
      [['invite', 'update'], 'record', { '/eventId': 'id', '/attendees': 'address' }],
    ],
    ['get_day_calendar_events', 'Returns the appointments for the day.', { day: TEXT }, [[], 'mixed']],
    ['get_freebusy', 'Query free/busy information.', { calendars: TEXTS }, [[], 'record']],
    [
      'cancel_calendar_event',
      'Cancels the event.',
      { event_id: TEXT },
      [['delete'], 'record', { '/event_id': 'id' }],
    ],
  ],
  banking: [
    [
      'send_money',
      'Sends a transaction to the recipient.',
      {
        recipient: described('IBAN of the recipient'),
        amount: { type: 'number' },
        subject: TEXT,
        date: TEXT,
      },
      [['send', 'pay'], 'record', { '/recipient': 'account', '/subject': 'text' }],
    ],
    [
      'schedule_transaction',
      'Schedule a transaction.',
      { recipient: TEXT, amount: { type: 'number' }, recurring: FLAG },
      [['pay', 'create'], 'record', { '/recipient': 'account' }],
    ],
    ['get_balance', 'Get the balance of the account.', {}, [[], 'record']],
    ['get_iban', 'Get the IBAN of the current bank account.', {}, [[], 'record']],
    ['get_most_recent_transactions', 'Get the list of transactions.', { n: NUMBER }, [[], 'mixed']],
    [
      'update_password',
      'Update the user password.',
      { password: TEXT },
      [['update'], 'record', { '/password': 'secret' }],
    ],
  ],
  stripe: [
    [
      'create_refund',
      'Refund a payment intent.',
      { payment_intent: described('The ID of the PaymentIntent'), amount: NUMBER },
      [['pay', 'create'], 'record', { '/payment_intent': 'id' }],
    ],
    ['list_customers', 'List customers.', { limit: NUMBER, email: TEXT }, [[], 'mixed']],
    ['list_invoices', 'List invoices.', { customer: TEXT }, [[], 'record']],
    ['retrieve_balance', 'Retrieve balance data.', {}, [[], 'record']],
  ],
  sqlite: [
    [
      'read_query',
      'Execute a SELECT query on the SQLite database',
      { query: described('SELECT SQL query to execute') },
      [['execute'], 'mixed', { '/query': 'code' }],
    ],
    [
      'write_query',
      'Execute an INSERT, UPDATE, or DELETE query',
      { query: described('SQL query to execute') },
      [['delete', 'write', 'execute'], 'mixed', { '/query': 'code' }],
    ],
    ['list_tables', 'List all tables in the SQLite database', {}, [[], 'record']],
    ['describe_table', 'Get the schema of a table', { table_name: TEXT }, [[], 'record']],
  ],
  postgres: [
    ['query', 'Run a read-only SQL query', { sql: TEXT }, [['execute'], 'mixed', { '/sql': 'code' }]],
  ],
  playwright: [
    [
      'browser_navigate',
      'Navigate to a URL',
      { url: TEXT },
      [['delete', 'fetch'], 'outside', { '/url': 'url' }],
      { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
    ],
    [
      'browser_click',
      'Perform click on a web page',
      { element: described('Human-readable element description'), ref: TEXT },
      [['post'], 'mixed', { '/ref': 'id' }],
      { readOnlyHint: false, openWorldHint: true },
    ],
    ['browser_snapshot', 'Capture accessibility snapshot of the page', {}, [[], 'outside'], READ_ONLY],
    ['browser_network_requests', 'Returns all network requests', {}, [[], 'outside'], READ_ONLY],
    [
      'browser_evaluate',
      'Evaluate JavaScript expression on page',
      { function: TEXT },
      [['execute'], 'outside', { '/function': 'code' }],
    ],
    ['browser_hover', 'Hover over element on page', { ref: TEXT }, 'untold', { readOnlyHint: false }],
  ],
  git: [
    ['git_status', 'Shows the working tree status', { repo_path: TEXT }, [[], 'record']],
    ['git_log', 'Shows the commit logs', { repo_path: TEXT, max_count: NUMBER }, [[], 'mixed']],
    ['git_diff_unstaged', 'Shows changes not yet staged', { repo_path: TEXT }, [[], 'mixed']],
    [
      'git_commit',
      'Records changes to the repository',
      { repo_path: TEXT, message: TEXT },
      [['write'], 'record', { '/repo_path': 'path', '/message': 'text' }],
    ],
    [
      'git_checkout',
      'Switches branches',
      { repo_path: TEXT, branch_name: TEXT },
      [['update'], 'record', { '/repo_path': 'path', '/branch_name': 'branch' }],
    ],
  ],
  travel: [
    ['get_rating_reviews_for_hotels', 'Get the reviews.', { hotel_names: TEXTS }, [[], 'outside']],
    ['get_hotels_prices', 'Get the prices.', { hotel_names: TEXTS }, [[], 'mixed']],
    ['get_all_hotels_in_city', 'Get all hotels.', { city: TEXT }, [[], 'outside']],
    ['get_user_information', 'Get the name, address and passport.', {}, [[], 'directory']],
    [
      'reserve_hotel',
      'Makes a reservation.',
      { hotel: described('name of the hotel'), start_day: TEXT },
      [['pay', 'create'], 'record', { '/hotel': 'name' }],
    ],
  ],
  notion: [
    ['API-post-search', 'Search by title', { query: TEXT }, [['post'], 'mixed']],
    ['API-retrieve-a-page', 'Retrieve a page', { page_id: TEXT }, [[], 'mixed']],
  ],
  context7: [
    [
      'resolve-library-id',
      'Resolves a package name to an id.',
      { libraryName: TEXT },
      [['update'], 'outside', { '/libraryName': 'name' }],
    ],
  ],
  shell: [
    [
      'run_command',
      'Runs a command.',
      { command: TEXT, args: TEXTS, cwd: TEXT },
      [['execute'], 'outside', { '/command': 'command', '/args': 'command', '/cwd': 'path' }],
    ],
  ],
};

const ROWS = Object.entries(TOOLS).flatMap(([server, rows]) =>
  rows.map(([name, description, args, want, annotations = {}]) => ({
    server,
    name,
    tool: { name, description, inputSchema: schema(args), annotations },
    want,
  })),
);

describe('tools of well-known servers', () => {
  test('there are many', () => expect(ROWS.length).toBeGreaterThanOrEqual(60));

  test.each(ROWS)('$server: $name', ({ server, tool, want }) => {
    const proposal = propose(tool, server);
    if (want === 'untold') return expect(proposal.told).toBe(false);
    const [effects, source, sinks = {}] = want;
    expect({ told: proposal.told, ...proposal.class }).toEqual({ told: true, effects, source, sinks });
  });
});

describe('a name is not enough, and what a server claims only makes it worse', () => {
  const args = schema({ to: TEXT, body: TEXT });
  const SENDS = { effects: ['send'] };
  test.each<{ what: string; tool: JsonObject; want: object }>([
    {
      what: 'a verb after "and"',
      tool: { name: 'get_and_forward' },
      want: { effects: ['send'], source: 'outside' },
    },
    { what: 'the same in camel case', tool: { name: 'getAndForward' }, want: SENDS },
    { what: 'in capitals', tool: { name: 'SEND_MAIL' }, want: SENDS },
    { what: 'in one word', tool: { name: 'sendmail' }, want: SENDS },
    {
      what: 'annotations that say destructive',
      tool: { name: 'list_users', annotations: { destructiveHint: true, readOnlyHint: true } },
      want: { effects: ['send', 'delete'], source: 'directory' },
    },
    {
      what: 'annotations that say not read-only',
      tool: { name: 'list_users', inputSchema: schema({}), annotations: { readOnlyHint: false } },
      want: { effects: ['update'] },
    },
    {
      what: 'annotations that say open world',
      tool: { name: 'list_users', inputSchema: schema({}), annotations: { openWorldHint: true } },
      want: { effects: [], source: 'mixed' },
    },
    {
      what: 'annotations that say read-only of a sending tool',
      tool: { name: 'send_mail', annotations: { readOnlyHint: true, destructiveHint: false } },
      want: SENDS,
    },
    {
      what: 'a description that says read only',
      tool: { name: 'send_mail', description: 'Read only. It never sends or changes anything.' },
      want: SENDS,
    },
    {
      what: 'a description that says more than the name',
      tool: {
        name: 'get_weather',
        description: 'Gets the weather and emails it to the team.',
        inputSchema: schema({}),
      },
      want: SENDS,
    },
    {
      what: 'a description that speaks of what others do',
      tool: {
        name: 'list_events',
        description: 'Lists ids, needed to update an event.',
        inputSchema: schema({}),
      },
      want: { effects: [] },
    },
    {
      what: 'a description with text of others',
      tool: { name: 'list_users', description: 'With their latest comments.', inputSchema: schema({}) },
      want: { source: 'mixed' },
    },
    {
      what: 'a title with the web in it',
      tool: { name: 'list_users', title: 'Users of any website', inputSchema: schema({}) },
      want: { source: 'outside' },
    },
    {
      what: 'arguments of something that is sent',
      tool: { name: 'get_summary', inputSchema: schema({ recipients: TEXTS, body: TEXT }) },
      want: SENDS,
    },
    {
      what: 'arguments of something that is paid',
      tool: { name: 'check_quote', inputSchema: schema({ iban: TEXT, amount: NUMBER }) },
      want: { effects: ['pay'], sinks: { '/iban': 'account' } },
    },
  ])('$what', ({ tool, want }) => {
    expect(propose({ inputSchema: args, ...tool })).toMatchObject({ told: true, class: want });
  });
});

describe('what cannot be told has no class', () => {
  const args = schema({ to: TEXT });
  test.each<{ what: string; tool: JsonObject; why: RegExp }>([
    { what: 'a name of no known word', tool: { name: 'frobnicate' }, why: /does not say/ },
    {
      what: 'read-only, by its annotations alone',
      tool: { name: 'frobnicate', annotations: READ_ONLY },
      why: /does not say/,
    },
    {
      what: 'an effect, by its description alone',
      tool: { name: 'frobnicate', description: 'Sends a mail.' },
      why: /does not say/,
    },
    { what: 'a word after "and"', tool: { name: 'get_and_frobnicate' }, why: /"and frobnicate"/ },
    { what: 'a reading word in between', tool: { name: 'ticket_list_bump' }, why: /does not say/ },
    { what: 'a word that looks like another', tool: { name: 'get_s\u0435nd' }, why: /plain letters/ },
    { what: 'a character nobody sees', tool: { name: 'list\u200busers' }, why: /plain letters/ },
    { what: 'a line break', tool: { name: 'list_users\nevil' }, why: /plain letters/ },
    { what: 'a name without end', tool: { name: `get_${'x'.repeat(200)}` }, why: /longer/ },
    { what: 'no name', tool: { name: '' }, why: /plain letters/ },
    { what: '__proto__', tool: { name: '__proto__' }, why: /no name for a member/ },
    { what: 'constructor', tool: { name: 'constructor' }, why: /does not say/ },
    {
      what: 'sending without a schema',
      tool: { name: 'send_mail', inputSchema: null },
      why: /its arguments/,
    },
    {
      what: 'with an empty one',
      tool: { name: 'send_mail', inputSchema: { type: 'object' } },
      why: /its arguments/,
    },
    {
      what: 'an argument that hides',
      tool: { name: 'send_mail', inputSchema: schema({ 'to\u200b': TEXT }) },
      why: /cannot be seen/,
    },
    { what: 'deeper than is looked at', tool: { name: 'send_mail', inputSchema: nested(40) }, why: /deeper/ },
    {
      what: 'more than is looked at',
      tool: { name: 'send_mail', inputSchema: schema(Object.fromEntries(many(30_000))) },
      why: /larger/,
    },
  ])('$what', ({ tool, why }) => {
    const proposal = propose({ inputSchema: args, ...tool });
    expect(proposal).toMatchObject({ told: false, class: { source: 'outside' } });
    expect(proposal.class.effects).not.toEqual([]);
    expect(proposal.reasons[0]).toMatch(why);
  });

  test('one name twice, whatever the two say', () => {
    const [proposal, ...others] = classifyTools(
      [{ name: 'list_users' }, { name: 'list_users', description: 'Second.' }, { name: 'list_users' }],
      'server',
    );
    expect(others).toEqual([]);
    expect(proposal).toMatchObject({ told: false });
    expect(proposal?.reasons[0]).toMatch(/more than once/);
  });

  test('a reading word that is not the verb counts once the annotations say so too', () => {
    expect(propose({ name: 'ticket_list_bump', annotations: READ_ONLY })).toMatchObject({
      told: true,
      class: { effects: [], source: 'mixed' },
    });
  });
});

function nested(depth: number): JsonObject {
  return depth === 0 ? TEXT : schema({ more: nested(depth - 1) });
}

function many(count: number): [string, Json][] {
  return Array.from({ length: count }, (_, index) => [`url_${index}`, TEXT]);
}

describe('arguments', () => {
  const sinks = (inputSchema: JsonObject) => propose({ name: 'send_mail', inputSchema }).class.sinks;

  test('references are followed, and a cycle once', () => {
    const $defs = {
      Person: schema({
        email: TEXT,
        manager: { $ref: '#/$defs/Person' },
        reports: { $ref: '#/$defs/People' },
      }),
      People: { type: 'array', items: { $ref: '#/$defs/Person' } },
      Self: { $ref: '#/$defs/Self' },
    };
    const inputSchema = {
      ...schema({ who: { $ref: '#/$defs/Person' }, self: { $ref: '#/$defs/Self' } }),
      $defs,
    };
    const proposal = propose({ name: 'send_mail', inputSchema });
    expect(proposal.class.sinks).toEqual({ '/who/email': 'address' });
    expect(proposal.reasons.join('\n')).toContain('its schema holds itself');
    expect(proposal.told).toBe(true);
  });

  test('a reference that leads nowhere could be anything', () => {
    expect(sinks(schema({ to: { $ref: 'https://example.com/x.json' }, url: { $ref: '#/nowhere' } }))).toEqual(
      {
        '/to': 'address',
        '/url': 'url',
      },
    );
  });

  test('a reference by the members of all objects leads nowhere', () => {
    expect(sinks(schema({ to: { $ref: '#/__proto__/constructor' } }))).toEqual({ '/to': 'address' });
  });

  test('a thousand have a thousand', () => {
    expect(Object.keys(sinks(schema(Object.fromEntries(many(1000)))))).toHaveLength(1000);
  });

  test('an array of objects is one sink, of the strictest kind that stands in it', () => {
    const to = objects({
      note: TEXT,
      account: objects({ iban: TEXT }),
      name: TEXT,
      '*': schema({ url: TEXT }),
    });
    const { reasons, ...proposal } = propose({
      name: 'send_mail',
      inputSchema: schema({ to, '*': TEXT, url: TEXT }),
    });
    expect(proposal.class.sinks).toEqual({ '/to': 'account', '/url': 'url' });
    expect(reasons).toContain(
      'sinks of several kinds, judged as the strictest: /to holds text, account, name, url',
    );
  });

  test('names are escaped in pointers', () => {
    expect(
      sinks(schema({ 'a/b~c': schema({ 'to/cc': TEXT, email: TEXT }), '~1': schema({ url: TEXT }) })),
    ).toEqual({
      '/a~1b~0c/email': 'address',
      '/~01/url': 'url',
      '/a~1b~0c/to~1cc': 'address',
    });
  });

  test('hostile names are names', () => {
    const properties = JSON.parse(
      '{"__proto__": {"type": "object", "properties": {"email": {"type": "string"}}}, "constructor": {"type": "string"}, "toString": {"type": "string", "format": "uri"}}',
    ) as JsonObject;
    expect(sinks(schema(properties))).toEqual({ '/__proto__/email': 'address', '/toString': 'url' });
  });

  test.each<{ what: string; given: Json; want: Sinks }>([
    { what: 'one of several shapes', given: { anyOf: [TEXT, { type: 'null' }] }, want: { '/to': 'address' } },
    { what: 'text or list', given: { oneOf: [TEXT, TEXTS] }, want: { '/to': 'address' } },
    { what: 'a list of lists', given: { type: 'array', items: TEXTS }, want: { '/to': 'address' } },
    { what: 'a tuple', given: { type: 'array', prefixItems: [TEXT, NUMBER] }, want: { '/to': 'address' } },
    { what: 'a list of anything', given: { type: 'array' }, want: { '/to': 'address' } },
    { what: 'anything', given: true, want: { '/to': 'address' } },
    { what: 'several types', given: { type: ['string', 'null'] }, want: { '/to': 'address' } },
    { what: 'a map', given: { additionalProperties: TEXT }, want: { '/to': 'address' } },
    { what: 'an open object', given: { type: 'object' }, want: { '/to': 'address' } },
    {
      what: 'a map of objects',
      given: { patternProperties: { x: schema({ url: TEXT }) } },
      want: { '/to': 'url' },
    },
    {
      what: 'all of several',
      given: { allOf: [schema({ cc: TEXT }), schema({ url: TEXT })] },
      want: { '/to/cc': 'address', '/to/url': 'url' },
    },
    { what: 'a closed list', given: { enum: ['a', 'b'] }, want: {} },
    { what: 'a flag', given: FLAG, want: {} },
    { what: 'nothing', given: false, want: {} },
  ])('$what', ({ given, want }) => {
    const proposal = propose({ name: 'send_mail', inputSchema: schema({ to: given }) });
    expect(proposal.class.sinks).toEqual(want);
  });

  test.each<{ what: string; tool: string; property: [string, JsonObject]; kind: SinkKind | undefined }>([
    {
      what: 'its format',
      tool: 'send_mail',
      property: ['x', { ...TEXT, format: 'idn-email' }],
      kind: 'address',
    },
    {
      what: 'its description',
      tool: 'send_mail',
      property: ['x', described('Email of whom to tell')],
      kind: 'address',
    },
    { what: 'the tool', tool: 'transfer_money', property: ['to', TEXT], kind: 'account' },
    { what: 'the other tool', tool: 'copy_file', property: ['to', TEXT], kind: 'path' },
    { what: 'its last word', tool: 'create_x', property: ['callbackUrl', TEXT], kind: 'url' },
    { what: 'its last two words', tool: 'create_x', property: ['admin_user_id', TEXT], kind: 'user' },
    { what: 'a plural', tool: 'create_x', property: ['repositories', TEXTS], kind: 'repo' },
    { what: 'a number', tool: 'create_x', property: ['account_number', NUMBER], kind: 'account' },
    { what: 'a secret', tool: 'create_x', property: ['apiKey', TEXT], kind: 'secret' },
    {
      what: 'a cursor that is no secret',
      tool: 'create_x',
      property: ['nextPageToken', TEXT],
      kind: undefined,
    },
    { what: 'a date', tool: 'create_x', property: ['name', { ...TEXT, format: 'date' }], kind: undefined },
    { what: 'an amount', tool: 'create_x', property: ['amount', NUMBER], kind: undefined },
  ])('$what tells the kind', ({ tool, property: [name, given], kind }) => {
    const { sinks: found } = propose({ name: tool, inputSchema: schema({ [name]: given }) }).class;
    expect(found[`/${name}`]).toBe(kind);
  });

  test('an argument of which nothing is known is named', () => {
    const { reasons } = propose({ name: 'send_mail', inputSchema: schema({ flavour: TEXT }) });
    expect(reasons).toContain('no sink, for nothing is known of it: /flavour');
  });

  test('a schema that is none is no schema', () => {
    expect(readArguments('x')).toEqual({ list: [], whole: true, circular: false, unknown: true });
  });
});

test.each([
  ['sendEmailV2', 'send email v2'],
  ['getHTTPUrl', 'get http url'],
  ['API-post-search', 'api post search'],
  ['mail.send/now', 'mail send now'],
  ['createPullRequest', 'create pr'],
  ['getuser', 'get user'],
  ['getter', 'getter'],
])('%s says "%s"', (name, words) => {
  expect(toWords(name).join(' ')).toBe(words);
});

describe('what is written', () => {
  const TRICKS: readonly JsonObject[] = [
    {
      name: 'send_mail',
      description: 'Sends.\n    evil: { effects: [] }\r\u2028\u0085    # \u202ehidden\u{e0041} \u001b[2J',
      inputSchema: schema({
        'x: # {"to': TEXT,
        cc: TEXT,
        'a~b': schema({ 'c/d': schema({ 'e f': schema({ url: TEXT }) }) }),
      }),
    },
    { name: 'get: users # {', description: 'x'.repeat(1000) },
    { name: 'list "users"' },
    { name: 'null' },
    { name: 'frobnicate\nevil:', description: 'Evil.\n  y: 1' },
    { name: 'list\u202eusers' },
    { name: '__proto__' },
  ];

  test('reads as the data that was meant, whatever a server says', () => {
    const proposals = classifyTools(TRICKS, 'a: b');
    const data = toData(proposals, 'a: b');
    const { tools } = parseYaml(writeClasses(proposals, 'a: b')) as {
      tools: Record<string, Record<string, object>>;
    };
    const written = Object.entries(tools['a: b'] ?? {});
    expect(written.map(([name]) => name)).toEqual(['send_mail', 'get: users # {', 'list "users"']);
    expect({ tools }).toEqual(withoutNoSinks(data));
  });

  test('shows what hides, on one line each', () => {
    const text = writeClasses(classifyTools(TRICKS, 'mail'), 'mail');
    expect(text).toContain(
      '# "Sends. evil: { effects: [] } \\u{85} # \\u{202e}hidden\\u{e0041} \\u{1b}[2J"\n',
    );
    expect(text).not.toMatch(/[^\P{C}\n]|\p{Default_Ignorable_Code_Point}/u);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(420);
  });

  test('has the reasons above each tool', () => {
    const tool = {
      name: 'send_mail',
      description: 'Sends it.',
      inputSchema: schema({ to: TEXT, x: described('A URL.') }),
    };
    const text = writeClasses(classifyTools([tool, { name: 'frobnicate' }], 'mail'), 'mail');
    expect(text.slice(text.indexOf('\ntools:') + 1)).toBe(`tools:
  mail:

    # "Sends it."
    # effects: send: "send" in its name
    # source: record: it confirms what was done
    # sinks: /to by the tool's name, /x by its description
    send_mail:
      effects: [send]
      source: record
      sinks:
        /to: address
        /x: url

    # cannot be told: its name does not say what it does
    # frobnicate:
    #   effects: [execute]
    #   source: outside
`);
  });

  test('is data also when nothing could be told', () => {
    expect(parseYaml(writeClasses(classifyTools([{ name: 'x' }], 'a'), 'a'))).toEqual({ tools: { a: {} } });
    expect(parseYaml(writeClasses([], 'a'))).toEqual({ tools: { a: {} } });
  });

  test('passes the check of the policy data', () => {
    for (const [server, rows] of Object.entries(TOOLS)) {
      const tools = ROWS.filter((row) => row.server === server).map(({ tool }) => tool);
      expect(tools).toHaveLength(rows.length);
      const data = parseYaml(writeClasses(classifyTools(tools, server), server)) as object;
      expect({ server, problems: policyDataProblems(data) }).toEqual({ server, problems: [] });
    }
  });

  test('cuts between characters', () => {
    expect(visibleLine('a😀😀😀', 3)).toBe('a😀…');
  });
});

/** In YAML a tool without sinks is written without the member. */
function withoutNoSinks(data: object): object {
  return JSON.parse(JSON.stringify(data).replaceAll(',"sinks":{}', '')) as object;
}

describe('the command', () => {
  const CLI = resolve('cli/portcullis.ts');
  let folder: string;
  let upstream: ScriptedUpstream;
  let gate: TestGate;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'classify-'));
    upstream = await startScriptedUpstream();
    upstream.on('tools/list', (request) =>
      request.result({ tools: [{ name: 'send_mail', inputSchema: schema({ to: TEXT }) }] }),
    );
    const bin = resolve('node_modules/.bin');
    gate = await startGate({
      config: {
        servers: {
          filesystem: { command: join(bin, 'mcp-server-filesystem'), args: [folder] },
          memory: {
            command: join(bin, 'mcp-server-memory'),
            env: { MEMORY_FILE_PATH: join(folder, 'memory.json') },
          },
        },
      },
      data: { grants: [{ tools: ['*'] }] },
    });
  });
  afterAll(async () => {
    await gate.close();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function classify(...args: readonly string[]) {
    return run(process.execPath, [CLI, 'policy', 'classify', ...args], { cwd: folder });
  }

  test('classifies the tools of a real filesystem server', async () => {
    const ran = await classify(gate.server('filesystem'));
    expect(ran).toMatchObject({
      exitCode: 0,
      stderr: `14 tools: 4 with effects, 10 that only read, 0 that could not be told
read it before you use it: policy.data in portcullis.yaml takes it
`,
    });
    expect(parseYaml(ran.stdout)).toEqual({
      tools: {
        filesystem: {
          read_file: { effects: [], source: 'outside' },
          read_text_file: { effects: [], source: 'outside' },
          read_media_file: { effects: [], source: 'outside' },
          read_multiple_files: { effects: [], source: 'outside' },
          write_file: {
            effects: ['write', 'create'],
            source: 'record',
            sinks: { '/path': 'path', '/content': 'text' },
          },
          edit_file: {
            effects: ['update'],
            source: 'mixed',
            sinks: { '/path': 'path', '/edits': 'text' },
          },
          create_directory: { effects: ['create'], source: 'record', sinks: { '/path': 'path' } },
          list_directory: { effects: [], source: 'record' },
          list_directory_with_sizes: { effects: [], source: 'record' },
          directory_tree: { effects: [], source: 'record' },
          move_file: {
            effects: ['update'],
            source: 'record',
            sinks: { '/source': 'path', '/destination': 'path' },
          },
          search_files: { effects: [], source: 'mixed' },
          get_file_info: { effects: [], source: 'record' },
          list_allowed_directories: { effects: [], source: 'record' },
        },
      },
    });
  });

  test('and those of a real memory server, as JSON', async () => {
    const ran = await classify(gate.server('memory'), '--json', '--server', 'notes');
    expect(ran.exitCode).toBe(0);
    const { tools, reasons } = JSON.parse(ran.stdout) as Record<
      string,
      Record<string, Record<string, object>>
    >;
    expect(tools).toEqual({
      notes: {
        create_entities: {
          effects: ['create'],
          source: 'record',
          sinks: { '/entities': 'name' },
        },
        create_relations: {
          effects: ['create'],
          source: 'record',
          sinks: { '/relations': 'name' },
        },
        add_observations: {
          effects: ['create'],
          source: 'record',
          sinks: { '/observations': 'name' },
        },
        delete_entities: { effects: ['delete'], source: 'record', sinks: { '/entityNames': 'name' } },
        delete_observations: {
          effects: ['delete'],
          source: 'record',
          sinks: { '/deletions': 'name' },
        },
        delete_relations: {
          effects: ['delete'],
          source: 'record',
          sinks: { '/relations': 'name' },
        },
        read_graph: { effects: [], source: 'mixed', sinks: {} },
        search_nodes: { effects: [], source: 'mixed', sinks: {} },
        open_nodes: { effects: [], source: 'mixed', sinks: {} },
      },
    });
    expect(reasons?.['notes']?.['read_graph']).toEqual([
      'effects: none, it reads by its name, "read graph"',
      'source: mixed: "graph" in its name',
    ]);
  });

  test('writes a file, and never over one unless told to', async () => {
    const file = join(folder, 'tools.yaml');
    const first = await classify(upstream.url, '--server', 'mail', '--out', 'tools.yaml');
    expect(first).toMatchObject({ exitCode: 0, stdout: '' });
    expect(first.stderr).toContain('1 tools: 1 with effects');
    expect(parseYaml(readFileSync(file, 'utf8'))).toMatchObject({ tools: { mail: { send_mail: {} } } });
    writeFileSync(file, 'corrected');
    const second = await classify(upstream.url, '--server', 'mail', '--out', 'tools.yaml');
    expect(second.exitCode).not.toBe(0);
    expect(second.stderr).toContain('tools.yaml exists already, and may hold corrections');
    expect(readFileSync(file, 'utf8')).toBe('corrected');
    expect(await classify(upstream.url, '--server', 'mail', '--out', 'tools.yaml', '--force')).toMatchObject({
      exitCode: 0,
    });
    expect(readFileSync(file, 'utf8')).toContain('send_mail');
  });

  test('asks for the name of the server when the address has none', async () => {
    const ran = await classify(new URL('/', upstream.url).href);
    expect(ran.exitCode).not.toBe(0);
    expect(ran.stderr).toContain('does not name a server; add --server <name>');
  });
});
