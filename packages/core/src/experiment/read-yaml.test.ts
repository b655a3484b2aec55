import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../errors.js';
import { readYaml, readYamlFile } from './read-yaml.js';

function faults(text: string): string[] {
  try {
    readYaml(text, 'f');
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.problems.every(({ code }) => code === 'E_YAML')).toBe(true);
    return error.problems.map(({ where, message }) => `${where}: ${message}`);
  }
  return [];
}

test('values have the types of the core schema', () => {
  const text = 'a: 2.0e-4\nb: [yes, no, true, ~]\nc: 0x1f\nd: "5"\ne: !!str 5\nf:\n"__x": 1e-8\n';
  expect(readYaml(text, 'f').data).toEqual({
    a: 0.0002,
    b: ['yes', 'no', true, null],
    c: 31,
    d: '5',
    e: '5',
    f: null,
    __x: 1e-8,
  });
});

test('every key and value has its position, those that an alias fills in too', () => {
  const { data, positions } = readYaml('a: &a {b: 1,\n    c: [2, 3]}\nd: *a\n', 'f');
  expect(data).toEqual({ a: { b: 1, c: [2, 3] }, d: { b: 1, c: [2, 3] } });
  expect(positions.ofValue(['a', 'b'])).toBe('f:1:11');
  expect(positions.ofKey(['a', 'c'])).toBe('f:2:5');
  expect(positions.ofValue(['a', 'c', '1'])).toBe('f:2:12');
  expect(positions.ofValue(['d', 'c', '1'])).toBe('f:2:12');
  expect(positions.ofKey(['d'])).toBe('f:3:1');
  expect(positions.ofValue(['a', 'none', 'below'])).toBe('f:1:7');
  expect(positions.ofValue(['none'])).toBe('f:1:1');
});

test('an alias stands for the last anchor of its name', () => {
  expect(readYaml('[&a 1, *a, &a 2, *a, &b [&a 3], *b, *a]', 'f').data).toEqual([
    1,
    1,
    2,
    2,
    [3],
    [3],
    3,
  ]);
  expect(readYaml('[&b [&a 3], &a 4, *b, *a]', 'f').data).toEqual([[3], 4, [3], 4]);
});

test('all that is wrong is found at once, each with its place', () => {
  const text = [
    'a: 1',
    'a: 2',
    'b: !custom 3',
    'c: .nan',
    'd: [-.inf, 1e999]',
    '__proto__: {x: 1}',
    'e: {constructor: 1, prototype: 2}',
    '5: x',
    '? [k]',
    ': x',
    'f: !!binary aGk=',
    'g: *none',
  ].join('\n');
  expect(faults(text)).toEqual([
    'f:2:1: the key "a" is there twice, first at f:1:1',
    'f:3:12: the tag !custom is not allowed',
    'f:4:4: the number is not finite',
    'f:5:5: the number is not finite',
    'f:5:12: the number is not finite',
    'f:6:1: the key "__proto__" is not allowed',
    'f:7:5: the key "constructor" is not allowed',
    'f:7:21: the key "prototype" is not allowed',
    'f:8:1: a key is not text',
    'f:9:3: a key is not text',
    'f:11:13: the tag tag:yaml.org,2002:binary is not allowed',
    'f:12:4: there is no anchor &none before *none',
  ]);
});

test('what the parser cannot read is an error of the line', () => {
  expect(faults('a: [1\nb: 2\n')[0]).toMatch(/^f:2:1: Flow sequence .* end with a \]$/);
  expect(faults('a:\n\tb: 1')).toEqual(['f:2:1: Tabs are not allowed as indentation']);
  expect(faults('a: 1\n---\nb: 2')).toEqual(['f:2:1: a second document begins; there must be one']);
  expect(faults('%YAML 1.1\n---\na: yes')).toEqual(['f:1:1: %YAML 1.1: only YAML 1.2 is read']);
});

test('a missing comma in braces gets advice', () => {
  expect(() => readYaml('model: {name: edsr blocks: 1}', 'f')).toThrow(
    /^f:1:\d+: .*is a comma missing before it\? \[E_YAML\]$/,
  );
});

test('unquoted ${...} in brackets gets advice', () => {
  expect(() => readYaml('a: [${DATA}/x]', 'f')).toThrow('text with ${...} needs quotes');
});

test('an alias bomb is refused before it goes off', () => {
  const levels = [...'bcdefghij'].map((key, level) => {
    const inner = Array(9).fill(`*${'abcdefghij'[level]}`).join(', ');
    return `${key}: &${key} [${inner}]`;
  });
  const bomb = ['a: &a [lol, lol]', ...levels].join('\n');
  expect(faults(bomb)).toEqual(['f:3:8: more than 100 values are filled in by aliases']);
  expect(faults('a: &a [*a]')).toHaveLength(1);
});

test('a hundred levels are read, more are refused however many they are', () => {
  const flow = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const block = (levels: number) =>
    Array.from({ length: levels }, (_, level) => `${' '.repeat(level)}a:`).join('\n');
  expect(faults(flow(100))).toEqual([]);
  expect(faults(flow(101))).toEqual(['f:1:101: more than 100 levels deep']);
  expect(faults(flow(5000))).toEqual([expect.stringContaining('more than 100 levels deep')]);
  expect(faults(`x: ${'{a: '.repeat(5000)}`)).toHaveLength(1);
  expect(faults(block(100))).toEqual([]);
  expect(faults(block(101))).toEqual(['f:101:101: more than 100 levels deep']);
  expect(faults(block(1200))).toHaveLength(1);
  expect(faults('- '.repeat(100_000))).toHaveLength(1);
  expect(faults('? '.repeat(100_000))).toHaveLength(1);
});

test('what stands side by side is no deeper for being much', () => {
  expect(faults(`[${'[], {}, '.repeat(300)}]`)).toEqual([]);
  expect(faults('- - - a\n'.repeat(300))).toEqual([]);
  expect(faults(`a:\n${'  - b:\n      c: 1\n'.repeat(300)}`)).toEqual([]);
});

test('brackets and dashes in text are no levels', () => {
  const text = `a: "${'['.repeat(300)}"\nb: |\n  ${'{ - '.repeat(300)}\nc: x ${'['.repeat(300)}\n`;
  expect(faults(text)).toEqual([]);
});

test('a list of many values is refused', () => {
  expect(faults(`[${'1,'.repeat(100_001)}]`)).toEqual([
    expect.stringContaining('more than 100000 values'),
  ]);
});

describe('files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mmsr-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function fault(name: string, content?: string | Buffer): Promise<string> {
    const file = join(folder, name);
    if (content !== undefined) await writeFile(file, content);
    const error: unknown = await readYamlFile(file).catch((thrown: unknown) => thrown);
    return (error as InputError).problems.map((problem) => problem.describe()).join('\n');
  }

  test('a file that cannot be read says so', async () => {
    expect(await fault('none.yaml')).toContain('none.yaml: there is no such file');
    expect(await fault('.')).toContain('[E_FILE]');
  });

  test('too large a file and one that is no UTF-8 are refused', async () => {
    expect(await fault('large.yaml', '#'.repeat(250_001))).toContain(
      'more than 250000 bytes [E_YAML]',
    );
    expect(await fault('latin.yaml', Buffer.from([0x61, 0x3a, 0xe4]))).toContain(
      'not text in UTF-8 [E_YAML]',
    );
  });

  test('a byte order mark is no part of the text', async () => {
    const file = join(folder, 'bom.yaml');
    await writeFile(file, '\ufeffname: x\n');
    expect((await readYamlFile(file)).data).toEqual({ name: 'x' });
  });
});
