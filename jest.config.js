/** Tests run on the compiled output, so that they exercise what is published, workers included. */
export default {
  roots: ['<rootDir>/packages', '<rootDir>/tests'],
  testMatch: ['**/dist/**/*.test.js', '<rootDir>/tests/dist/**/*.test.js'],
  testEnvironment: './tests/jest-environment.js',
  transform: {},
  testTimeout: 120000,
};
