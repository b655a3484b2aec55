import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { findFiles } from './find-files.js';

const folder = temporaryFolder();
mkdirSync(join(folder, 'slides/deep'), { recursive: true });
for (const name of ['b.svs', 'a.svs', 'deep/c.svs', 'odd (1) [x].svs', '._a.svs', 'a.txt']) {
  writeFileSync(join(folder, 'slides', name), name);
}
symlinkSync(join(folder, 'slides/a.svs'), join(folder, 'slides/z-link.svs'));

async function found(...patterns: string[]) {
  const { files, problems } = await findFiles(patterns, folder);
  return { ids: files.map(({ id }) => id), problems: problems.map((one) => one.describe()) };
}

test('globs and paths, sorted, each file once whatever it is called', async () => {
  const all = ['slides/a.svs', 'slides/b.svs', 'slides/deep/c.svs', 'slides/odd (1) [x].svs'];
  expect(await found('slides/**/*.svs')).toEqual({ ids: all, problems: [] });
  const again = await found('slides/deep/c.svs', 'slides/**/*.svs', './slides/a.svs');
  expect(again).toEqual({ ids: all, problems: [] });
});

test('a name that looks like a pattern is a file first', async () => {
  expect((await found('slides/odd (1) [x].svs')).ids).toEqual(['slides/odd (1) [x].svs']);
});

test('absolute paths and globs', async () => {
  expect((await found(join(folder, 'slides/b.svs'))).ids).toEqual(['slides/b.svs']);
  expect((await found(`${folder}/slides/deep/*`)).ids).toEqual(['slides/deep/c.svs']);
});

test('what is not there is named, all of it', async () => {
  expect(await found('slides/none.svs', 'none/*.svs', 'slides', 'slides/a.svs')).toEqual({
    ids: ['slides/a.svs'],
    problems: [
      'slides/none.svs: there is no such file. Paths are relative to the folder of the experiment ' +
        'file. [E_FILE]',
      'none/*.svs: no file matches this pattern. Patterns are relative to the folder of the ' +
        'experiment file. [E_FILE]',
      'slides: is a folder, not a file. To take what is in it, write slides/**/*.svs. [E_FILE]',
    ],
  });
});
