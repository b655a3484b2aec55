// Adds up jest's JSON results and prints `N passed, N failed`; skipped tests and empty runs are failures.
import { readFileSync } from 'node:fs';

const results = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const passed = sum('numPassedTests');
const failed =
  sum('numFailedTests') +
  sum('numPendingTests') +
  sum('numTodoTests') +
  sum('numRuntimeErrorTestSuites');
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || results.some((result) => result.numPassedTests === 0)) process.exitCode = 1;
