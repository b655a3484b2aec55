import { spawnSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MMSR_RUN, mmsrRun, NO_NATIVE_PARTS, temporaryFolder } from './command-line.js';
import { writeExperiment } from './experiments.js';
import { endOf } from './kill-runs.js';

/*
 * A small disk of its own (tmpfs, in a namespace of its own, so that nobody has to be root): with room for so many
 * files, or read-only. Files are what a disk runs out of at a moment that can be told; the room for bytes is
 * asked for before a run, so that something else must take it during the run.
 */

const STEPS = 6;
const FULL =
  /^main failed: \S*disk\/\S+: .*The disk is full: free some space and run again\. \[E_FILE\]$/m;

/** Runs a shell script where `disk` is a disk of its own, and gives what it printed. */
function onDisk(folder: string, options: string, script: string) {
  const whole = `set -e; mount -t tmpfs -o ${options} tmpfs disk; run() { ${process.execPath} ${MMSR_RUN} "$@"; }
${script}`;
  const ended = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', whole], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...NO_NATIVE_PARTS },
  });
  if (ended.error !== undefined) throw ended.error;
  return ended;
}

let folder: string;
let file: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await mkdir(join(folder, 'disk'));
  file = await writeExperiment(folder);
});
afterAll(() => remove());

test('a disk that is full at any time ends the run with what and where; with room it goes on to the same end', async () => {
  const whole = await mmsrRun([file, '--out', 'whole'], folder);
  expect(whole).toMatchObject({ code: 0 });
  const expected = await endOf(join(folder, 'whole'), STEPS);
  const numbersOfFiles = [4, 10, 16, 22, 28, 34, 40];
  for (const files of numbersOfFiles) {
    const out = `files-${files}`;
    const { status, stdout, stderr } = onDisk(
      folder,
      `size=64m,nr_inodes=${files}`,
      `run ${file} --out disk > first.txt 2>&1 && echo whole || echo failed with $?
       mount -o remount,nr_inodes=0 disk
       run ${file} --out disk > second.txt 2>&1
       cp -r disk ${out}; cp first.txt ${out}`,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(await endOf(join(folder, out), STEPS)).toEqual(expected);
    expect(stdout).toBe('failed with 1\n');
    const said = await readFile(join(folder, out, 'first.txt'), 'utf8');
    expect(said).toMatch(FULL);
    expect(said).not.toMatch(/^ +at /m);
  }
  const list = numbersOfFiles.join(', ');
  process.stdout.write(`disks with room for ${list} files were full; each run went on\n`);
});

test('a disk whose bytes another program takes during a run ends it; with room it goes on to the same end', async () => {
  const steps = 60;
  await mkdir(join(folder, 'long'));
  const long = await writeExperiment(join(folder, 'long'), [
    [`steps: ${STEPS},`, `steps: ${steps},`],
  ]);
  expect(await mmsrRun([long, '--out', 'whole-long'], folder)).toMatchObject({ code: 0 });
  const { status, stdout, stderr } = onDisk(
    folder,
    'size=16m',
    `{ run ${long} --out disk 2>&1 || echo "code $?"; } | while read -r line; do
       echo "$line"
       case "$line" in *": step "*) test -e disk/filler || cat /dev/zero 2> /dev/null > disk/filler || true;; esac
     done
     rm disk/filler
     run ${long} --out disk > second.txt 2>&1
     cp -r disk bytes`,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(FULL);
  expect(stdout).toMatch(/code 1\n$/);
  expect(stdout).not.toMatch(/^ +at /m);
  const expected = await endOf(join(folder, 'whole-long'), steps);
  expect(await endOf(join(folder, 'bytes'), steps)).toEqual(expected);
});

test.each(['', 'check'])('mmsr-run %s: a read-only folder is refused at once', (command) => {
  const { stdout, status } = onDisk(
    folder,
    'size=64m',
    `mount -o remount,ro disk; run ${command} ${file} --out disk 2>&1 && exit 9 || echo "code $?"`,
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(/disk: nothing can be written there: .*EROFS.*\[E_FILE\]/);
  expect(stdout).toMatch(/code 2\n$/);
});
