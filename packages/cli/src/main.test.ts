import { main } from './main.js';

const write = process.stderr.write.bind(process.stderr);
let errors: string;
beforeEach(() => {
  errors = '';
  process.stderr.write = (text: string | Uint8Array) => {
    errors += String(text);
    return true;
  };
});
afterEach(() => {
  process.stderr.write = write;
});

test('a mistyped command is told from a file', async () => {
  expect(await main(['node', 'mmsr-run', 'chek', 'exp.yaml'])).toBe(2);
  expect(errors).toContain('There is no command "chek". Did you mean "check"?');
});

test('a known command with too many files has no such hint', async () => {
  expect(await main(['node', 'mmsr-run', 'check', 'a.yaml', 'b.yaml'])).toBe(2);
  expect(errors).toContain('too many arguments');
  expect(errors).not.toContain('There is no command');
});
