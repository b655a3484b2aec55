import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../errors.js';
import { readYamlFile } from './read-yaml.js';

const TEN_MB = 10_000_000;
/** Of a file that is just small enough to be read. */
const LARGEST = 249_000;
const fill = (text: string) => text.repeat(Math.floor(LARGEST / text.length));

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
for (const key of 'bcdefghij') {
  const before = String.fromCharCode(key.charCodeAt(0) - 1);
  bomb.push(`${key}: &${key} [${Array(9).fill(`*${before}`).join(', ')}]`);
}

const CASES: [string, string][] = [
  ['10 MB of one letter', 'a'.repeat(TEN_MB)],
  ['10 MB of keys', 'key: value\n'.repeat(TEN_MB / 11)],
  ['10 MB of brackets', '['.repeat(TEN_MB)],
  ['brackets', fill('[')],
  ['opened mappings', fill('{a: ')],
  ['one key again and again', fill('a: 1\n')],
  ['dashes', fill('- ')],
  ['question marks', fill('? ')],
  ['anchors', fill('- &a x\n- *a\n')],
  ['an open quote', `a: "${fill('\\u0041')}`],
  ['tags', fill('- !!x y\n')],
  ['documents', fill('---\na: b\n')],
  ['5,000 levels of lists', '['.repeat(5000) + ']'.repeat(5000)],
  ['levels of mappings', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['an alias bomb', bomb.join('\n')],
  ['a merge of itself', 'a: &a\n  <<: *a\n'],
  ['__proto__', 'name: x\n__proto__: {polluted: true}\n'],
  ['a tag', 'name: !!js/function "function () {}"\n'],
  ['the same key twice', 'name: a\nname: b\n'],
];

test.each(CASES)('%s: refused by one kind of error within 10 s', async (_, text) => {
  const folder = await mkdtemp(join(tmpdir(), 'mmsr-yaml-'));
  try {
    const file = join(folder, 'hostile.yaml');
    await writeFile(file, text);
    const began = performance.now();
    const error: unknown = await readYamlFile(file).catch((thrown: unknown) => thrown);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(error).toBeInstanceOf(InputError);
    const { problems } = error as InputError;
    expect(problems.length).toBeLessThanOrEqual(20);
    for (const problem of problems) {
      expect(problem.code).toBe('E_YAML');
      expect(problem.describe().length).toBeLessThan(1000);
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});
