/**
 * Credentials that name their issuer: a literal prefix and a body of known alphabet and length.
 *
 * Every body is one character class repeated, or a fixed sequence of such: it fails within a few dozen
 * characters or takes the whole run, so a scan stays linear. Bodies have a least length but no greatest:
 * issuers lengthen tokens, and a tail left behind is a leak.
 */

export interface VendorToken {
  readonly class: string;
  /** Literals that begin it, at least two characters. */
  readonly prefixes: readonly string[];
  /** What stands after the prefix, as the source of a regular expression. */
  readonly body: string;
  /** Alphabet that must not stand before the prefix; left out where a glued letter must not hide the token. */
  readonly notAfter?: string;
  /** For prefixes under four characters: what the next ones can be. */
  readonly follow?: string;
  /** A better class when this follows the prefix. */
  readonly sub?: Readonly<Record<string, string>>;
}

const WORD = 'A-Za-z0-9';
const DIGITS = '0123456789';
const HEX = `${DIGITS}abcdef`;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LETTERS.toUpperCase();
const ALNUM = LETTERS + UPPER + DIGITS;

export const VENDOR_TOKENS: readonly VendorToken[] = [
  { class: 'aws_access_key', prefixes: ['AKIA', 'ASIA', 'ABIA', 'ACCA'], body: '[A-Z0-9]{16,}' },
  {
    // Ids of users, roles and groups: longer words of capitals hold these letters too.
    class: 'aws_access_key',
    prefixes: ['A3T', 'AGPA', 'AIDA', 'AROA', 'AIPA', 'ANPA', 'ANVA'],
    follow: UPPER + DIGITS,
    body: '[A-Z0-9]{16,17}(?![0-9A-Za-z])',
    notAfter: WORD,
  },
  {
    class: 'github_token',
    prefixes: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    body: '(?:[A-Za-z0-9]{22}[A-Za-z0-9_]*|[0-9]{1,20}_[\\w-]+\\.[\\w-]+\\.[\\w-]+)',
  },
  {
    class: 'gitlab_token',
    prefixes: [
      'glpat-',
      'gldt-',
      'glrt-',
      'glptt-',
      'glcbt-',
      'glft-',
      'glsoat-',
      'glagent-',
      'glimt-',
      'gloas-',
    ],
    body: '[\\w-]{20,}(?:\\.[\\w-]{2,32}){0,3}',
  },
  {
    class: 'slack_token',
    prefixes: [
      'xoxb-',
      'xoxp-',
      'xoxa-',
      'xoxo-',
      'xoxr-',
      'xoxs-',
      'xoxc-',
      'xoxd-',
      'xoxe-',
      'xoxe.',
      'xapp-',
    ],
    body: '[A-Za-z0-9%+/.=-]{10,}',
  },
  {
    class: 'slack_webhook',
    prefixes: ['hooks.slack.com'],
    body: '\\\\{0,4}/(?:services|workflows|triggers)[\\\\/A-Za-z0-9_-]{20,}',
  },
  {
    class: 'stripe_key',
    prefixes: ['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_'],
    body: '[A-Za-z0-9]{16,}',
  },
  { class: 'stripe_webhook_secret', prefixes: ['whsec_'], body: '[A-Za-z0-9+/=]{24,}' },
  { class: 'google_api_key', prefixes: ['AIza'], body: '[\\w-]{35,}' },
  { class: 'google_oauth_token', prefixes: ['ya29.'], body: '[\\w.-]{20,}' },
  { class: 'google_oauth_secret', prefixes: ['GOCSPX-'], body: '[\\w-]{24,}' },
  { class: 'npm_token', prefixes: ['npm_'], body: '[A-Za-z0-9]{36,}', notAfter: WORD },
  { class: 'pypi_token', prefixes: ['pypi-'], body: 'A[\\w-]{48,}' },
  {
    class: 'sendgrid_key',
    prefixes: ['SG.'],
    follow: `${ALNUM}_-`,
    body: '[\\w-]{16,64}\\.[\\w-]{16,}',
    notAfter: WORD,
  },
  {
    class: 'twilio_key',
    prefixes: ['SK'],
    follow: HEX,
    body: '[0-9a-f]{32}(?![0-9A-Za-z])',
    notAfter: WORD,
  },
  { class: 'digitalocean_token', prefixes: ['dop_v1_', 'doo_v1_', 'dor_v1_'], body: '[a-f0-9]{32,}' },
  { class: 'huggingface_token', prefixes: ['hf_'], follow: ALNUM, body: '[A-Za-z0-9]{30,}', notAfter: WORD },
  { class: 'shopify_token', prefixes: ['shpat_', 'shpss_', 'shpca_', 'shppa_'], body: '[A-Za-z0-9]{32,}' },
  {
    class: 'databricks_token',
    prefixes: ['dapi'],
    body: '[a-f0-9]{32}(?:-[0-9])?(?![0-9A-Za-z])',
    notAfter: WORD,
  },
  { class: 'vault_token', prefixes: ['hvs.', 'hvb.', 'hvr.'], body: '[\\w-]{24,}', notAfter: WORD },
  {
    class: 'grafana_token',
    prefixes: ['glsa_', 'glc_'],
    follow: ALNUM,
    body: '[A-Za-z0-9_=+/]{32,}',
    notAfter: WORD,
  },
  {
    class: 'vercel_token',
    prefixes: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'],
    follow: ALNUM,
    body: '[A-Za-z0-9]{20,}',
    notAfter: WORD,
  },
  { class: 'figma_token', prefixes: ['figd_'], body: '[\\w-]{40,}' },
  {
    class: 'cloudflare_token',
    prefixes: ['cfk_', 'cfut_', 'cfat_'],
    follow: ALNUM,
    body: '[A-Za-z0-9]{40,}',
    notAfter: WORD,
  },
  { class: 'onepassword_token', prefixes: ['ops_ey'], body: '[A-Za-z0-9+/=_-]{100,}' },
  { class: 'new_relic_key', prefixes: ['NRAK-', 'NRJS-'], body: '[A-Za-z0-9]{19,}' },
  { class: 'sentry_token', prefixes: ['sntrys_', 'sntryu_'], body: '[A-Za-z0-9_=+/-]{40,}' },
  { class: 'atlassian_token', prefixes: ['ATATT3', 'ATCTT3', 'ATBB'], body: '[\\w=-]{20,}' },
  { class: 'tailscale_key', prefixes: ['tskey-'], body: '[\\w-]{20,}' },
  { class: 'groq_key', prefixes: ['gsk_'], body: '[A-Za-z0-9]{40,}', notAfter: WORD },
  { class: 'xai_key', prefixes: ['xai-'], body: '[A-Za-z0-9]{60,}', notAfter: WORD },
  { class: 'replicate_token', prefixes: ['r8_'], follow: ALNUM, body: '[A-Za-z0-9]{36,}', notAfter: WORD },
  { class: 'docker_token', prefixes: ['dckr_pat_', 'dckr_oat_'], body: '[\\w-]{20,}' },
  { class: 'rubygems_key', prefixes: ['rubygems_'], body: '[a-f0-9]{40,}' },
  {
    class: 'planetscale_token',
    prefixes: ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'],
    body: '[\\w.=-]{30,}',
  },
  { class: 'linear_key', prefixes: ['lin_api_', 'lin_oauth_'], body: '[A-Za-z0-9]{32,}' },
  { class: 'notion_token', prefixes: ['ntn_'], body: '[A-Za-z0-9]{40,}', notAfter: WORD },
  { class: 'postman_key', prefixes: ['PMAK-'], body: '[a-f0-9]{24}-[a-f0-9]{34}' },
  { class: 'age_key', prefixes: ['AGE-SECRET-KEY-1'], body: '[A-Z0-9]{50,}' },
  {
    class: 'openai_key',
    prefixes: ['sk-'],
    follow: `${ALNUM}_-`,
    // Without a second prefix a digit or the full length tells a key from a word.
    body: '(?:(?:ant|proj|svcacct|admin|None|or-v1)-[\\w-]{20,}|[A-Za-z0-9]{40,}|(?=[A-Za-z]{0,39}[0-9])[A-Za-z0-9]{20,})',
    notAfter: `${WORD}_-`,
    sub: { 'ant-': 'anthropic_key', 'or-v1-': 'openrouter_key' },
  },
];
