import unit from './jest.config.js';

/** Tests that break things on purpose, for long: killed processes, failing disks, hostile files. Linux. */
export default {
  ...unit,
  testMatch: ['**/dist/**/*.faults.js'],
  testTimeout: 900000,
};
