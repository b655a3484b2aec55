import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type Cell,
  CellRunner,
  DATA_PIPELINE,
  dataFinding,
  experimentFile,
  InputError,
  messageOf,
  MmsrError,
  PluginRegistry,
  repetitionFindings,
  verifyFiles,
  type Finding,
  type Manifest,
  type ReadOptions,
} from '@mmsr/core';
import { createContainer } from '../composition.js';
import { EXIT } from '../exit-codes.js';
import { ProgressPrinter } from '../progress-printer.js';
import { loadStudy, readResults, type LoadedStudy } from '../study.js';
import { formatTable } from '../table.js';

export interface VerifyCommandOptions {
  readonly rerun: boolean;
  readonly folder?: string;
  /** Imports plugins that do not come with mmsr-run. */
  readonly trustPlugins: boolean;
}

/** `mmsr-run verify RUN`. @returns 0 when everything is as it should be, else 1 */
export async function verifyCommand(
  path: string,
  { rerun, folder, trustPlugins }: VerifyCommandOptions,
): Promise<number> {
  const directory = resolve(path);
  const { manifest, findings } = await verifyFiles(directory);
  const aside = await mkdtemp(join(tmpdir(), 'mmsr-verify-'));
  try {
    const study = await loadAgain(manifest, aside, {
      folder: folder ?? manifest.folder,
      ...(!trustPlugins && { beforeImport: (plugins) => refusePlugins(plugins, directory) }),
    });
    const all = [...findings, await checkData(study, manifest)];
    const isSound = all.every(({ fault }) => fault === undefined);
    if (rerun && isSound) all.push(...(await repeat(study, manifest, directory, aside)));
    return report(all, manifest);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** The experiment as the manifest has it. */
async function loadAgain(
  manifest: Manifest,
  aside: string,
  options: Pick<ReadOptions, 'folder' | 'beforeImport'>,
): Promise<LoadedStudy> {
  const registry = createContainer().resolve(PluginRegistry);
  const engine = registry.list('engine').find(({ name }) => name === manifest.device.engine);
  const hasThreads = engine?.configSchema.properties.threads !== undefined;
  const file = join(aside, 'experiment.yaml');
  await writeFile(file, experimentFile(manifest, hasThreads));
  return loadStudy(file, options);
}

/** A run directory may come from anyone, and to import a plugin is to run it. */
function refusePlugins(plugins: readonly string[], directory: string): never {
  throw new MmsrError(
    'E_PLUGIN',
    `the run uses plugins that do not come with mmsr-run: ${plugins.map((name) => JSON.stringify(name)).join(', ')}`,
    {
      where: join(directory, 'manifest.json'),
      advice: 'They are code and would be run: read them, then verify with --trust-plugins.',
    },
  );
}

async function checkData(study: LoadedStudy, manifest: Manifest): Promise<Finding> {
  try {
    const pipeline = study.container.resolve(DATA_PIPELINE);
    const data = await pipeline.open(manifest.experiment, study.folder);
    await data.close();
    return dataFinding(manifest, { data: data.splits, references: data.references });
  } catch (error) {
    if (!(error instanceof InputError) && !(error instanceof MmsrError)) throw error;
    return { what: 'images', fault: messageOf(error) };
  }
}

async function repeat(
  study: LoadedStudy,
  manifest: Manifest,
  directory: string,
  aside: string,
): Promise<Finding[]> {
  const printer = new ProgressPrinter(process.stderr);
  const { experiment } = await readResults(directory);
  const again = join(aside, 'run');
  await study.container
    .createChildContainer()
    .resolve(CellRunner)
    .run({
      study: experiment,
      cell: { ...study.cells[0], name: manifest.cell, settings: manifest.settings } as Cell,
      folder: study.folder,
      directory: again,
      onProgress: (progress) => printer.show(manifest.cell, progress),
      signal: new AbortController().signal,
    });
  return repetitionFindings(directory, again);
}

function report(findings: readonly Finding[], manifest: Manifest): number {
  const rows = findings.map(({ what, fault }) => [
    what,
    fault === undefined ? 'ok' : `WRONG: ${fault}`,
  ]);
  process.stdout.write(`${formatTable(['what', ''], rows, ['left'])}\n`);
  for (const { date, differences } of manifest.resumedWith ?? []) {
    process.stderr.write(`note: resumed on ${date} with ${differences.join('; ')}\n`);
  }
  return findings.every(({ fault }) => fault === undefined) ? EXIT.done : EXIT.failed;
}
