import { availableParallelism } from 'node:os';

/** Tests run on the compiled output, so that they exercise what is published, workers included. */
export default {
  roots: ['<rootDir>/packages', '<rootDir>/tests'],
  testMatch: ['**/dist/**/*.test.js', '<rootDir>/tests/dist/**/*.test.js'],
  testEnvironment: './tests/jest-environment.js',
  transform: {},
  // On two cores jest would take one, and most tests wait for processes that they have started.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testTimeout: 120000,
};
