import { readFileSync } from 'node:fs';
import { ERROR_CODES, InputError, MmsrError } from './errors.js';

test('docs/errors.md is the table of codes', () => {
  const docs = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...docs.matchAll(/^\| `(E_\w+)`\s*\| (.*?)\s*\|$/gm)].map(([, code, text]) => [
    code,
    text,
  ]);
  expect(Object.fromEntries(rows)).toEqual(ERROR_CODES);
});

test('an error says where, what and what to do, with its code', () => {
  const error = new MmsrError('E_DATA', 'is too small', {
    where: 'a.png',
    advice: 'Lower patchPx.',
  });
  expect(error.describe()).toBe('a.png: is too small. Lower patchPx. [E_DATA]');
  expect(new MmsrError('E_DATA', 'nothing fits').describe()).toBe('nothing fits [E_DATA]');
});

test('an input error has all problems in its message', () => {
  const problems = [new MmsrError('E_DATA', 'one'), new MmsrError('E_FILE', 'two')];
  expect(new InputError(problems).message).toBe('one [E_DATA]\ntwo [E_FILE]');
});
