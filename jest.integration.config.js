import unit from './jest.config.js';

/** Tests with the real parts: installed tarballs, other processes, Python. Minutes, not seconds. */
export default {
  ...unit,
  testMatch: ['**/dist/**/*.integration.js'],
  testTimeout: 900000,
};
