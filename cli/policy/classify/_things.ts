/** The things that tools are named by: what results about them are worth, and which words a name may begin with. */
import type { Source } from './tool-class.ts';
import { wordSet } from './words.ts';

/** Of the words of a name the worst counts. */
export const THINGS: readonly (readonly [Source, ReadonlySet<string>])[] = [
  [
    'outside',
    wordSet(
      'web webpage website url uri link html internet site news rss feed article tweet review rating transcript video',
      'image media blob attachment binary screenshot snapshot console network scrape browser dom download resource',
      'readme repository repositories repo code package library libraries place weather forecast',
    ),
  ],
  [
    'mixed',
    wordSet(
      'mail email inbox message thread conversation chat dm sms reply replies issue ticket comment pr discussion event',
      'calendar meeting invite invitation invitations appointment doc document page note notebook wiki draft post',
      'notification submission form response survey lead customer dispute transaction query sql row rows database',
      'collection graph node entity entities observation relation memory memories knowledge commit log diff patch blame',
      'history content text body description summary gist release project board card task case order',
      'sheet spreadsheet slide presentation block report feedback story alert',
    ),
  ],
  [
    'directory',
    wordSet(
      'user member channel contact people person profile group team participant collaborator employee room',
    ),
  ],
  [
    'record',
    wordSet(
      'directory directories folder file path tree balance ledger iban account time date day clock timezone status count',
      'availability freebusy schema table column index branch tag label setting config configuration version health',
      'permission quota usage allowed sum stat stats price product coupon invoice payment payout refund charge',
      'subscription plan limit tab me whoami',
    ),
  ],
];

export const THING_WORDS: ReadonlySet<string> = new Set(THINGS.flatMap(([, words]) => [...words]));

/** With one of these in the name a file is listed, without it its content is shown. */
export const OF_A_LISTING = wordSet(
  'list tree stat stats info ls directory metadata count status exists permission size',
);

/** Products and services that prefix the names of their tools. */
export const PRODUCTS = wordSet(
  'git github gitlab bitbucket slack discord teams telegram whatsapp gmail outlook imap google gdrive drive calendar',
  'gcal docs sheets notion confluence jira linear asana trello monday stripe paypal square plaid postgres pg mysql',
  'sqlite mongodb mongo redis snowflake bigquery supabase browser puppeteer playwright chrome maps brave tavily exa',
  'firecrawl perplexity kagi api aws azure gcp s3 k8s kubernetes kubectl docker sentry datadog grafana zendesk hubspot',
  'salesforce intercom airtable figma dropbox box onedrive sharepoint twilio sendgrid shopify obsidian hub fs db mcp',
  'local remote all my current new sub',
);

/** Words that change nothing about what is shown. */
export const QUALIFIERS = wordSet(
  'a an the all any by in of for from to with at on my me own current new latest recent most first last next single',
  'multiple many id name number detail information available public private allowed scheduled open closed deleted type',
  'size metadata day week month year',
);
