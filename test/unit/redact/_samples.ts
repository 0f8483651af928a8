/** Made-up credentials, put together at run time so that secret scanners of code hosts stay quiet. */
const glue = (...parts: readonly string[]): string => parts.join('');

const ALNUM = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a7B8c9D0e1F2g3H4i5J6k7L8m9N0';
const HEX = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';

export const AWS_ID = glue('AKIA', 'IOSFODNN7EXAMPLE');
export const GITHUB = glue('ghp', '_', ALNUM.slice(0, 36));
export const JWT = glue(
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
  '.eyJzdWIiOiIxMjM0NTY3ODkwIn0',
  '.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
);
const KEY_BODY = 'MIIEowIBAAKCAQEA7bq2xVtTbE4m0Wq1Zk9y\nR3s5u7w9z1B3d5F7h9J1l3N5p7R9t1V3x5Z\nabc=';
export const PEM = glue(
  '-----BEGIN ',
  'RSA PRIVATE KEY-----\n',
  KEY_BODY,
  '\n-----END ',
  'RSA PRIVATE KEY-----',
);
export const PEM_OPEN = glue('-----BEGIN ', 'PRIVATE KEY-----\n', KEY_BODY);

/** One token of each issuer, with its class. */
export const TOKENS: readonly (readonly [token: string, className: string])[] = [
  [AWS_ID, 'aws_access_key'],
  [glue('ASIA', 'IOSFODNN7EXAMPLE'), 'aws_access_key'],
  [GITHUB, 'github_token'],
  [glue('gho', '_', ALNUM.slice(0, 36)), 'github_token'],
  [glue('ghs', '_', ALNUM.slice(0, 36)), 'github_token'],
  [glue('github', '_pat_', ALNUM.slice(0, 22), '_', ALNUM.slice(0, 59)), 'github_token'],
  [glue('glp', 'at-', ALNUM.slice(0, 20)), 'gitlab_token'],
  [glue('xox', 'b-123456789012-123456789012-', ALNUM.slice(0, 24)), 'slack_token'],
  [glue('https://hooks.slack', '.com/services/T00000000/B00000000/', ALNUM.slice(0, 24)), 'slack_webhook'],
  [glue('sk', '_live_', ALNUM.slice(0, 24)), 'stripe_key'],
  [glue('rk', '_live_', ALNUM.slice(0, 24)), 'stripe_key'],
  [glue('AI', 'za', ALNUM.slice(0, 35)), 'google_api_key'],
  [glue('ya', '29.', ALNUM.slice(0, 60)), 'google_oauth_token'],
  [glue('sk', '-', ALNUM.slice(0, 48)), 'openai_key'],
  [glue('sk', '-proj-', ALNUM.slice(0, 48)), 'openai_key'],
  [glue('sk', '-ant-api03-', ALNUM.slice(0, 80)), 'anthropic_key'],
  [glue('npm', '_', ALNUM.slice(0, 36)), 'npm_token'],
  [glue('py', 'pi-AgEIcHlwaS5vcmc', ALNUM.slice(0, 60)), 'pypi_token'],
  [glue('SG', '.', ALNUM.slice(0, 22), '.', ALNUM.slice(0, 43)), 'sendgrid_key'],
  [glue('SK', HEX.slice(0, 32)), 'twilio_key'],
  [glue('dop', '_v1_', HEX), 'digitalocean_token'],
  [glue('hf', '_', ALNUM.slice(0, 34)), 'huggingface_token'],
  [JWT, 'jwt'],
  [PEM, 'private_key'],
];
