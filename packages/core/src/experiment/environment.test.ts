import { escapeReferences, expandEnvironment } from './environment.js';
import { readYaml } from './read-yaml.js';

const environment = { DATA: '/data', N: '5', EMPTY: '' };

function expand(text: string) {
  const { data, positions } = readYaml(text, 'f');
  return expandEnvironment(data, positions, environment);
}

test('variables are filled in wherever there is text, and stay text', () => {
  const { data, problems } = expand('a: ["${DATA}/x", b]\nn: ${N}\ne: "<${EMPTY}>"\nm: 1\n');
  expect(problems).toEqual([]);
  expect(data).toEqual({ a: ['/data/x', 'b'], n: '5', e: '<>', m: 1 });
});

test('$${ stands for ${, and escaping is undone by expanding', () => {
  expect(expand('a: $${DATA}$${x ${N}').data).toEqual({ a: '${DATA}${x 5' });
  for (const text of ['${A}', '$${A}', '$$${', 'a${b}c', '$', '${']) {
    expect(expand(`a: '${escapeReferences(text)}'`).data).toEqual({ a: text });
  }
});

test('what is not set or is no name is a problem at its place', () => {
  const { problems } = expand('a: 1\nb:\n  - ok\n  - ${NOT_SET}/${ALSO-NOT}\nc: "${DATA"\n');
  expect(problems.map((problem) => problem.describe())).toEqual([
    'f:4:5: b.1: the environment variable NOT_SET is not set. Set it, or write $${NOT_SET} for these very characters. [E_ENVIRONMENT]',
    'f:4:5: b.1: "${ALSO-NOT}" names no environment variable. Write ${NAME}, or $${ for these very characters. [E_ENVIRONMENT]',
    'f:5:4: c: "${DATA" names no environment variable. Write ${NAME}, or $${ for these very characters. [E_ENVIRONMENT]',
  ]);
});
