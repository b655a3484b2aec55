import { npmFailure, pipFailure } from './failures.js';

const WHEEL = { name: 'tensorflow-cpu', version: '2.21.0' };

const REFUSED = `Looking in indexes: http://127.0.0.1:9
WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at 0x7f2a>: Failed to establish a new connection: [Errno 111] Connection refused')': /tensorflow-cpu/
ERROR: Could not find a version that satisfies the requirement tensorflow-cpu==2.21.0 (from versions: none)
ERROR: No matching distribution found for tensorflow-cpu==2.21.0
`;

test('pip without a network: the connection’s problem, and what to do about it', () => {
  const error = pipFailure(WHEEL, REFUSED);
  expect(error.message).toBe(
    'pip could not download tensorflow-cpu 2.21.0: Failed to establish a new connection: [Errno 111] Connection refused',
  );
  expect(error.advice).toMatch(/network.*HTTPS_PROXY.*PIP_INDEX_URL.*PIP_FIND_LINKS/);
});

test('pip that found nothing of the name, as without a network and retries', () => {
  const lines = REFUSED.split('\n').filter((line) => !line.startsWith('WARNING'));
  const error = pipFailure(WHEEL, lines.join('\n'));
  expect(error.message).toMatch(/from versions: none\)$/);
  expect(error.advice).toMatch(/network/);
});

test('a wheel with another digest is said to be that', () => {
  const output = `ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have
    Expected sha256 3b84
         Got        2b84
`;
  expect(pipFailure(WHEEL, output).message).toMatch(/does not have the digest it must have$/);
});

test('another failure of pip: its last error', () => {
  const output =
    'ERROR: Could not install packages due to an OSError: [Errno 28] No space left\n\n';
  expect(pipFailure(WHEEL, output).message).toMatch(/\[Errno 28\] No space left$/);
});

test('npm without a network: the request that failed', () => {
  const error = npmFailure(
    'a@1',
    `npm error code ECONNREFUSED
npm error FetchError: request to http://127.0.0.1:9/a failed, reason: connect ECONNREFUSED 127.0.0.1:9
npm error     at ClientRequest.<anonymous> (index.js:130:14)
npm error A complete log of this run can be found in: /root/.npm/_logs/debug-0.log
`,
  );
  expect(error.message).toBe(
    'npm could not download a@1: FetchError: request to http://127.0.0.1:9/a failed, reason: connect ECONNREFUSED 127.0.0.1:9',
  );
  expect(error.advice).toMatch(/network/);
});

test('npm that has no such version', () => {
  const error = npmFailure(
    'a@9',
    `npm error code ETARGET
npm error notarget No matching version found for a@9.
npm error notarget In most cases you or one of your dependencies are requesting
`,
  );
  expect(error.message).toBe(
    'npm could not download a@9: notarget No matching version found for a@9.',
  );
  expect(error.advice).toMatch(/has this version/);
});
