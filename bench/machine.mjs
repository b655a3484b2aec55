// What a table of measurements must say of the machine it was made on.
import { cpus, totalmem } from 'node:os';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export function describeMachine(packages) {
  const memoryGib = (totalmem() / 2 ** 30).toFixed(0);
  const versions = packages.map((name) => `${name} ${require(`${name}/package.json`).version}`);
  return `${cpus().length} cores of ${cpus()[0].model}, ${memoryGib} GiB, ${[`Node ${process.versions.node}`, ...versions].join(', ')}; ${new Date().toISOString().slice(0, 10)}`;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function formatMarkdown(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
