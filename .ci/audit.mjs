// Known faults in what users install, of high severity or worse, fail the run. A registry that has no
// list of known faults, as a mirror, is said to have none.
import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const report = JSON.parse(stdout || '{}');
const counts = report.metadata?.vulnerabilities;
if (counts === undefined) {
  console.log(`NOT AUDITED: the registry does not answer (${report.message ?? 'no report'})`);
} else {
  console.log(
    `low ${counts.low}, moderate ${counts.moderate}, high ${counts.high}, critical ${counts.critical}`,
  );
  const severe = Object.values(report.vulnerabilities ?? {}).filter(({ severity }) =>
    ['high', 'critical'].includes(severity),
  );
  for (const { name, severity, range } of severe) console.error(`${severity}: ${name} ${range}`);
  if (severe.length > 0) process.exitCode = 1;
}
