import { worthReading } from './startup.js';

test('chatter is left out, errors and what follows them are kept', () => {
  const log = [
    'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR',
    'I0000 00:00:1795578534.529924    8165 port.cc:153] oneDNN custom operations are on.',
    'To turn them off, set the environment variable.',
    'E0000 00:00:1795578534.600000    8165 cuda.cc:1] failed to initialize',
    '  because of the driver',
    'W0000 00:00:1795578534.700000    8165 cpu.cc:2] slow',
    'F0000 00:00:1795578534.800000    8165 check.cc:3] Check failed: x',
    '',
  ].join('\n');
  expect(worthReading(log).trimEnd().split('\n')).toEqual([
    expect.stringContaining('E0000'),
    '  because of the driver',
    expect.stringContaining('F0000'),
  ]);
});

test('what is no log, such as the message of the dynamic linker, is kept', () => {
  expect(worthReading('node: symbol lookup error\n')).toBe('node: symbol lookup error\n');
  expect(worthReading('')).toBe('');
});
