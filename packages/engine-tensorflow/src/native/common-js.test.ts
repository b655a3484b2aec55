import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommonJsFiles } from './common-js.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmsr-cjs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

test('packages are those that are given, files are loaded once', () => {
  write('counter.js', 'exports.count = 0; exports.next = () => ++exports.count;');
  write('one.js', "require('./counter').next();");
  const main = write(
    'main.js',
    "require('./one'); exports.count = require('./counter.js').count; exports.tf = require('@tensorflow/tfjs');",
  );
  const tf = { name: 'ours' };
  const files = new CommonJsFiles(new Map([['@tensorflow/tfjs', tf]]));
  expect(files.load(main)).toEqual({ count: 1, tf });
  expect(files.load(main).tf).toBe(tf);
});

test('files may require each other', () => {
  write('b.js', "const a = require('./a'); exports.later = () => a.value;");
  const a = write('a.js', "exports.b = require('./b'); exports.value = 3;");
  const { b } = new CommonJsFiles(new Map()).load(a) as { b: { later: () => number } };
  expect(b.later()).toBe(3);
});

test('the functions of util that Node 23 dropped are there', () => {
  const file = write(
    'util-user.js',
    "const util = require('util'); exports.found = [util.isNullOrUndefined(undefined), util.isArray([]), util.isArray({})];",
  );
  expect(new CommonJsFiles(new Map()).load(file).found).toEqual([true, true, false]);
});

test('an error names its file', () => {
  const file = write('broken.js', 'throw new Error("no")');
  try {
    new CommonJsFiles(new Map()).load(file);
    throw new Error('loaded');
  } catch (error) {
    expect((error as Error).stack).toContain('broken.js');
  }
});
