import { lastLine, runTool } from './run-tool.js';

const node = (script: string, signal?: AbortSignal) =>
  runTool(process.execPath, ['-e', script], { environment: { WORD: 'given' }, signal });

test('gives what a program prints and how it ends', async () => {
  const script = 'console.log(process.env.WORD); console.error("said"); process.exitCode = 3';
  expect(await node(script)).toEqual({ code: 3, stdout: 'given\n', stderr: 'said\n' });
});

test('a program that is not there is a result, not an exception', async () => {
  const { code, stderr } = await runTool('/no/such/program', []);
  expect(code).toBeUndefined();
  expect(stderr).toBe('not found');
});

test('an abort kills the program', async () => {
  const controller = new AbortController();
  const running = node('setInterval(() => undefined, 1e9)', controller.signal);
  controller.abort();
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  await expect(node('', controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
});

test('the last line that says something, without colours', () => {
  const output = 'first\n\u001b[31mERROR: one\u001b[0m\nat the end\n\n';
  expect(lastLine(output)).toBe('at the end');
  expect(lastLine(output, /error/i)).toBe('ERROR: one');
  expect(lastLine(output, /none/)).toBe('');
});
