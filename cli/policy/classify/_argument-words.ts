/** What an argument holds, by the words of its name and of its description. */
import type { SinkKind } from './tool-class.ts';

/** By the whole name, in snake case and without a plural `s`; before anything else is asked. */
export const BY_NAME: ReadonlyMap<string, SinkKind | 'nothing' | 'depends'> = new Map([
  ...names(
    'nothing',
    'cursor page page_token next_token next_page_token continuation_token sort sort_by order_by',
  ),
  ...names(
    'nothing',
    'idempotency_key format encoding language locale timezone time_zone since until before after',
  ),
  ...names('nothing', 'start end start_time end_time date time limit max_token'),
  ...names(
    'depends',
    'to from recipient target destination source dest dst src value query q input key id owner',
  ),
  ...names('depends', 'payee beneficiary data'),
  ...names(
    'address',
    'cc bcc reply_to sender attendee guest invitee participant email mail phone phone_number',
  ),
  ...names('user', 'login author assignee reviewer collaborator member username'),
  ...names('channel', 'room chat conversation'),
  ...names(
    'account',
    'iban bic swift routing_number sort_code account_number card card_number wallet bank_account',
  ),
  ...names('url', 'url uri link href webhook endpoint'),
  ...names('host', 'host hostname domain ip ip_address server'),
  ...names('path', 'path file filename filepath dir directory folder cwd workdir root attachment'),
  ...names('id', 'uuid number ts sha uid ref label_id index'),
  ...names('name', 'name slug tag table database collection label'),
  ...names('repo', 'repo repository'),
  ...names('branch', 'branch base head from_branch to_branch'),
  ...names('command', 'command cmd arg argv shell'),
  ...names('code', 'code script sql statement expression function javascript js python program source_code'),
  ...names('secret', 'password passwd secret token api_key apikey credential pin otp passphrase'),
  ...names(
    'text',
    'body message content text comment description summary title subject note caption markdown html',
  ),
  ...names(
    'text',
    'observation reason topic payload detail bio reply answer instruction block insight prompt',
  ),
  ...names('text', 'header field property'),
]);

/** `log_file`, `base_url`, `channel_id`: the last words decide, the longest first. */
export const BY_LAST_WORDS: ReadonlyMap<string, SinkKind | 'nothing' | 'depends'> = new Map([
  ...names('depends', 'to recipient payee destination'),
  ...names('nothing', 'page_token next_token sync_token'),
  ...names('user', 'user user_id user_name member_id account_login'),
  ...names('channel', 'channel channel_id channel_name chat_id room_id conversation_id'),
  ...names('account', 'account account_id account_number card_number iban'),
  ...names('address', 'email mail email_address address cc bcc attendee phone phone_number'),
  ...names(
    'secret',
    'token password secret api_key private_key secret_key access_key ssh_key credential passphrase',
  ),
  ...names('url', 'url uri link href webhook'),
  ...names('host', 'host hostname host_name domain'),
  ...names('path', 'path file filename file_name dir directory folder'),
  ...names('branch', 'branch branch_name'),
  ...names('repo', 'repo repository repo_name'),
  ...names('id', 'id uuid key number sha ts uid'),
  ...names('name', 'name table'),
  ...names('command', 'command cmd'),
  ...names('code', 'sql script code expression'),
  ...names(
    'text',
    'text body message content comment description title subject note html markdown str string',
  ),
]);

/** What a description calls the value, for names that say nothing or too little. The first that fits. */
export const BY_DESCRIPTION: readonly (readonly [SinkKind, RegExp])[] = [
  ['secret', /\b(?:password|secret|api key|access token|credentials?)\b/i],
  ['account', /\b(?:IBANs?|(?:bank )?account numbers?|card numbers?|wallet address(?:es)?)\b/i],
  ['address', /\be-?mail(?: address(?:es)?|s)?\b|\bphone numbers?\b|\brecipients?\b/i],
  ['code', /\b(?:SQL|GraphQL|JavaScript|Python|source code|shell script)\b/i],
  ['command', /\bcommand(?: line)?s? to (?:run|execute)\b/i],
  ['url', /\b(?:URLs?|URIs?|web ?hooks?|https?:)/i],
  ['channel', /\bchannels?\b|\bchat (?:id|room)s?\b/i],
  ['repo', /\brepositor(?:y|ies)\b/i],
  ['branch', /\bbranch(?:es)?\b/i],
  ['host', /\b(?:host ?names?|IP address(?:es)?|domains?)\b/i],
  ['path', /\b(?:paths?|file ?names?|director(?:y|ies)|folders?)\b/i],
  ['name', /\bnames? of\b/i],
  ['user', /\busers?(?: ?names?| ids?)?\b/i],
  ['id', /\b(?:ids?|identifiers?)\b/i],
  ['text', /\b(?:text|body|message|contents?|markdown|html|note|comment)\b/i],
];

function names<const Kind>(kind: Kind, list: string): [string, Kind][] {
  return list.split(' ').map((name) => [name, kind]);
}
