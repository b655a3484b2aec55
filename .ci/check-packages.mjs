// Packs every package and checks the tarball with publint and arethetypeswrong.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (command, args) => execFileSync(command, args, { stdio: 'inherit' });
const folder = mkdtempSync(join(tmpdir(), 'mmsr-pack-'));
try {
  run('npm', ['pack', '--workspaces', '--silent', '--pack-destination', folder]);
  for (const tarball of readdirSync(folder)) {
    console.log(`\n${tarball}`);
    run('npx', ['publint', 'run', join(folder, tarball), '--strict']);
    run('npx', ['attw', join(folder, tarball), '--profile', 'esm-only', '--no-emoji']);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
