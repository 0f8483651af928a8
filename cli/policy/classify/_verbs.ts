/** The verbs that tools are named by, and what each is taken to do. A verb that is not here tells nothing. */
import type { Effect } from './tool-class.ts';
import { wordSet } from './words.ts';

/** These say what they do wherever they stand in a name. */
export const VERBS: ReadonlyMap<string, readonly Effect[]> = new Map([
  ...verbs(['send'], 'send forward notify dispatch deliver resend'),
  ...verbs(['post'], 'publish announce broadcast retweet react submit'),
  ...verbs(['post'], 'click fill press tap drag'), // in a page, which sends what is typed and pressed
  ...verbs(['share'], 'grant expose'),
  ...verbs(['pay'], 'pay withdraw donate'),
  ...verbs(['create', 'pay'], 'buy reserve'),
  ...verbs(['delete'], 'delete remove drop destroy purge truncate wipe erase uninstall kill terminate'),
  ...verbs(['delete'], 'revoke cancel prune unlink clear reset discard revert rollback rm unsend'),
  ...verbs(['write'], 'write save append overwrite put push persist'),
  ...verbs(
    ['create'],
    'create add insert make duplicate init generate register signup mkdir subscribe compose',
  ),
  ...verbs(
    ['update'],
    'update edit set modify move rename replace upsert merge rebase apply restore reschedule',
  ),
  ...verbs(
    ['update'],
    'enable disable toggle lock unlock pin unpin assign unassign close reopen resolve approve',
  ),
  ...verbs(
    ['update'],
    'reject accept decline configure resize attach detach stop pause unsubscribe unshare mv',
  ),
  ...verbs(['update'], 'rotate follow unfollow respond rsvp'),
  ...verbs(['fetch'], 'fetch crawl scrape navigate browse visit goto curl wget'),
  ...verbs(['download', 'create'], 'clone'),
  ...verbs(['download', 'execute'], 'install'),
  ...verbs(['execute'], 'exec execute eval evaluate invoke launch spawn deploy restart'),
]);

/** These are things as well: `commit_changes` does it, `get_commit` reads one. */
export const VERBS_OR_THINGS: ReadonlyMap<string, readonly Effect[]> = new Map([
  ...verbs(['send'], 'message email mail sms dm text call ping reply'),
  ...verbs(['post'], 'post comment tweet review type'),
  ...verbs(['share'], 'share'),
  ...verbs(['invite'], 'invite'),
  ...verbs(['pay'], 'transfer charge trade refund payout wire deposit'),
  ...verbs(['create', 'pay'], 'order book purchase'),
  ...verbs(['delete'], 'trash archive'),
  ...verbs(['write'], 'commit log record backup store upload export import stash'),
  ...verbs(['create'], 'new fork branch draft tag copy schedule request'),
  ...verbs(['update'], 'label mark star watch change patch checkout sync'),
  ...verbs(['download'], 'download'),
  ...verbs(['download', 'update'], 'pull'),
  ...verbs(['fetch'], 'extract'),
  ...verbs(['execute'], 'run build start script trigger'),
]);

/** A name that begins with one of them reads, unless something above says otherwise. */
export const READING = wordSet(
  'read get list search find describe show view count status diff open stat info query lookup check convert explain',
  'preview retrieve inspect ls cat grep glob calculate compute compare verify validate estimate summarize analyze',
  'recall whoami geocode resolve',
);

/** So does one that ends with one of these, or that has one anywhere once its annotations say so too. */
export const LIKE_READING = wordSet(
  'tree snapshot screenshot history details stats statistics summary metrics log logs messages requests directions',
  'distance elevation blame weather forecast usage health version',
);

/** They are never things: `comment_read` reads comments. */
export const ONLY_READING = wordSet('read get retrieve lookup find describe');

export const CONJUNCTIONS = wordSet('and or then');

interface Combination {
  readonly verbs: ReadonlySet<string>;
  readonly things: ReadonlySet<string>;
  readonly effect: Effect;
}

const MAKING = 'create add insert make new schedule submit compose generate set put write open register';
const CHANGING = `${MAKING} update edit modify patch change upsert replace`;

/** `create_message` sends it, `add_collaborator` invites them. */
export const COMBINATIONS: readonly Combination[] = [
  combination(MAKING, 'message mail email sms dm notification reply call', 'send'),
  combination(MAKING, 'comment post tweet review reaction', 'post'),
  combination(CHANGING, 'permission access acl share sharing visibility policy', 'share'),
  combination(MAKING, 'member collaborator participant attendee guest invite invitation', 'invite'),
  combination('add insert', 'user', 'invite'),
  combination(
    CHANGING,
    'payment transaction payout refund charge invoice subscription transfer order booking money beneficiary',
    'pay',
  ),
  combination('send', 'money fund payment payout transaction', 'pay'),
  combination('open', 'issue ticket pr case account dispute', 'create'),
  combination('request', 'http https api rest raw', 'fetch'),
];

/** A draft is not sent yet. */
export const NOT_YET = wordSet('draft template');

function verbs(effects: readonly Effect[], list: string): [string, readonly Effect[]][] {
  return list.split(' ').map((verb) => [verb, effects]);
}

function combination(verbList: string, things: string, effect: Effect): Combination {
  return { verbs: wordSet(verbList), things: wordSet(things), effect };
}
