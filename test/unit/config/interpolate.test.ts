/** References in the strings of a configuration: what they become, and what is said of those that cannot. */
import { expect, test } from 'vitest';
import { interpolate, type Problem } from '../../../proxy/config/interpolate.ts';

const SECRET = 'hunter2-topsecret';
const sources = {
  env: { TOKEN: SECRET, EMPTY: '', NESTED: '${TOKEN}', DOLLAR: '$&$1', _x1: 'y' },
  cwd: '/srv/gate',
  readFile: (path: string) => {
    if (path === '/run/token') return `${SECRET}\n`;
    if (path === '/run/two') return 'a\nb\n\n';
    throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
  },
};

function fill(value: unknown) {
  const problems: Problem[] = [];
  return { value: interpolate(value, sources, problems), problems };
}

test.each<[string, string]>([
  ['${TOKEN}', SECRET],
  ['${env:TOKEN}', SECRET],
  ['Bearer ${TOKEN}', `Bearer ${SECRET}`],
  ['${TOKEN}${_x1}', `${SECRET}y`],
  ['${TOKEN:-other}', SECRET],
  ['${MISSING:-other}', 'other'],
  ['${env:MISSING:-other}', 'other'],
  ['${MISSING:-}', ''],
  ['${EMPTY:-other}', 'other'],
  ['${EMPTY}', ''],
  ['${MISSING:-a:-b}', 'a:-b'],
  ['${MISSING:-two\nlines}', 'two\nlines'],
  ['${MISSING:-$5}', '$5'],
  ['${cwd}/data', '/srv/gate/data'],
  ['${file:/run/token}', SECRET],
  ['${file:/run/two}', 'a\nb'],
  ['${NESTED}', '${TOKEN}'],
  ['${DOLLAR}', '$&$1'],
  ['$TOKEN', '$TOKEN'],
  ['$', '$'],
  ['{TOKEN}', '{TOKEN}'],
  ['a}b', 'a}b'],
])('%j becomes %j', (text, want) => {
  expect(fill(text)).toEqual({ value: want, problems: [] });
});

test.each<[string, string]>([
  ['${MISSING}', 'the environment variable MISSING is not set; set it, or write ${MISSING:-default}'],
  ['${env:MISSING}', 'the environment variable MISSING is not set; set it, or write ${MISSING:-default}'],
  [
    '${constructor}',
    'the environment variable constructor is not set; set it, or write ${constructor:-default}',
  ],
  ['${file:/run/none}', '${file:/run/none} could not be read: ENOENT'],
  [
    '${input:token}',
    "${input:token} asks the editor's user; name an environment variable instead, e.g. ${TOKEN}",
  ],
  ['${}', '${} is not a reference; write ${NAME} or ${file:/path}'],
  ['${MY-VAR}', '${MY-VAR} is not a reference; write ${NAME} or ${file:/path}'],
  ['${9LIVES:-hunter2}', '${9LIVES} is not a reference; write ${NAME} or ${file:/path}'],
  ['${command:ls}', '${command:ls} is not a reference; write ${NAME} or ${file:/path}'],
  ['${TOKEN', 'has a ${ without its own }'],
  ['${TOKEN} and ${', 'has a ${ without its own }'],
  ['${MISSING:-${TOKEN}}', 'has a ${ without its own }'],
])('%j is a problem', (text, message) => {
  expect(fill({ a: [text] }).problems).toEqual([{ path: 'a[0]', message }]);
});

test('every problem is found, with the path to it, and none holds a secret', () => {
  const { problems } = fill({
    servers: { a: { headers: { X: '${A}-${TOKEN}' } }, b: { args: ['ok', '${B}', { c: '${C}' }] } },
  });
  expect(problems.map(({ path }) => path)).toEqual([
    'servers.a.headers.X',
    'servers.b.args[1]',
    'servers.b.args[2].c',
  ]);
  expect(JSON.stringify(problems)).not.toContain(SECRET);
});

test('what is not text is left alone, and names of members are', () => {
  const value = { n: 1, b: true, z: null, l: [1.5, null], '${TOKEN}': 'x' };
  expect(fill(value)).toEqual({ value, problems: [] });
});

test('__proto__ is no setting and gives nothing to inherit', () => {
  const { value, problems } = fill({ a: JSON.parse('{"__proto__":{"listen":"0.0.0.0:1"}}') });
  expect(problems).toEqual([{ path: 'a.__proto__', message: 'is not a setting' }]);
  expect((value as { a: { listen?: string } }).a.listen).toBeUndefined();
});
