// Packs every package and checks the tarball with publint and arethetypeswrong, and that it asks for provenance.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (command, args) => execFileSync(command, args, { stdio: 'inherit' });

/** What is published without it cannot be traced to the source it was built from. */
function requireProvenance(tarball) {
  const text = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], {
    encoding: 'utf8',
  });
  const { name, publishConfig } = JSON.parse(text);
  if (publishConfig?.provenance === true) return;
  throw new Error(`${name}: publishConfig.provenance is not true in its package.json`);
}

const folder = mkdtempSync(join(tmpdir(), 'mmsr-pack-'));
try {
  run('npm', ['pack', '--workspaces', '--silent', '--pack-destination', folder]);
  for (const tarball of readdirSync(folder)) {
    console.log(`\n${tarball}`);
    requireProvenance(join(folder, tarball));
    run('npx', ['publint', 'run', join(folder, tarball), '--strict']);
    run('npx', ['attw', join(folder, tarball), '--profile', 'esm-only', '--no-emoji']);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
