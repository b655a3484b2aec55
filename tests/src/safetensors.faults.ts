import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { temporaryFolder } from './command-line.js';
import { fuzzFiles } from './safetensors-fuzz.js';

/** How long each file is fuzzed; ten minutes by `MMSR_FUZZ_SECONDS=600`. */
const SECONDS = Number(process.env.MMSR_FUZZ_SECONDS ?? 30);

test(`hostile safetensors files for ${SECONDS} s`, async () => {
  const { files, grownMb } = await fuzzFiles({
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: SECONDS * 1000,
    markInterruptAsFailure: false,
  });
  const grown = `the process grew by ${grownMb.toFixed(0)} MB`;
  process.stdout.write(`safetensors: ${files} files fuzzed in ${SECONDS} s, ${grown}\n`);
  expect(files).toBeGreaterThan(1000 * Math.min(1, SECONDS));
});

/** Reads a file in a process of its own and says how it ended, how much processor time it took and its most memory. */
const READING = `
  import { readSafetensors } from '${import.meta.resolve('@mmsr/core')}';
  const [, item] = process.argv;
  const list = item.repeat(Math.floor(3_999_900 / item.length)).slice(0, -1);
  const json = Buffer.from('{"a":[' + list + ']}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const bytes = Buffer.concat([length, json]);
  const idleMb = process.resourceUsage().maxRSS / 1024;
  const start = process.cpuUsage();
  let code = 'read';
  try { readSafetensors(bytes, 'large'); } catch (error) { code = error.code; }
  const { user, system } = process.cpuUsage(start);
  const ms = (user + system) / 1000;
  console.log(JSON.stringify({ code, ms, mb: process.resourceUsage().maxRSS / 1024 - idleMb }));
`;

test.each(['[],', '{},', '1,', '"",', '[[[[1]]]],', '{"a":[[{}]]},'])(
  'the largest header, full of %s is refused within 2 s and 256 MB',
  async (item) => {
    const args = ['--input-type=module', '-e', READING, item];
    const { path: cwd, remove } = await temporaryFolder();
    const output = execFileSync(process.execPath, args, { cwd, encoding: 'utf8' });
    const written = await readdir(cwd);
    await remove();
    expect(written).toEqual([]);
    const { code, ms, mb } = JSON.parse(output) as { code: string; ms: number; mb: number };
    process.stdout.write(`safetensors: 4 MB of ${item} ${ms.toFixed(0)} ms, ${mb.toFixed(0)} MB\n`);
    expect(code).toBe('E_SAFETENSORS');
    expect(ms).toBeLessThan(2000);
    expect(mb).toBeLessThan(256);
  },
);
