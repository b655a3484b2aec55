import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import type { Manifest, RunEvent, StudyRecord } from '@mmsr/core';
import type { MlflowClient } from '../client/mlflow-client.js';
import { sha256, valueOf } from '../client/names.js';
import { LONGEST_NAME, type RunStatus } from '../client/wire-values.js';
import { REPORT, sendIfChanged } from './changing-file.js';
import { deleteDoubles, ensureRun } from './ensure-run.js';
import { Ledger, type KnownRun } from './ledger.js';
import { parseLine, readLines } from './lines.js';
import { ID_TAG, sourceTags, tag } from './run-description.js';
import { readJsonFile } from './run-files.js';

/**
 * The parent run of a study on the server, made where there is none.
 * @returns undefined when the folder is not that of a study
 */
export async function ensureStudy(
  folder: string,
  client: MlflowClient,
  experimentId: string,
): Promise<KnownRun | undefined> {
  if ((await studyRecord(folder)) === undefined) return undefined;
  const ledger = await Ledger.open(folder);
  try {
    return await parentRun(folder, client, ledger, experimentId);
  } finally {
    await ledger.close();
  }
}

/**
 * Sends what belongs to the study as a whole: its record, its report, how it ended.
 * @param isOver whether no cell is being worked on
 */
export async function sendStudy(
  folder: string,
  client: MlflowClient,
  experiment: string | undefined,
  isOver: boolean,
  { onSent, onSkip }: { onSent: () => void; onSkip: (message: string) => void },
): Promise<void> {
  const record = await studyRecord(folder);
  if (record === undefined) return;
  const experimentId = await client.ensureExperiment(experiment ?? record.name);
  const ledger = await Ledger.open(folder);
  try {
    const run = await parentRun(folder, client, ledger, experimentId);
    await deleteDoubles(client, ledger, run);
    for (const path of ['study.json', ...(await reportFiles(folder))]) {
      if (await sendIfChanged({ folder, client, ledger, run, onSkip }, path)) onSent();
    }
    if (await sendNote(folder, client, ledger, run, record)) onSent();
    const { status, endTime } = await endOf(folder, record);
    if (isOver) await client.updateRun(run.runId, status, endTime);
  } finally {
    await ledger.close();
  }
}

/** The question and, where there is a report, its answers: what MLflow's page shows of the parent run first. */
async function sendNote(
  folder: string,
  client: MlflowClient,
  ledger: Ledger,
  { runId }: KnownRun,
  { description }: StudyRecord,
): Promise<boolean> {
  const path = join(folder, 'report', 'statistics.json');
  const answers = (await readJsonFile<{ answers?: readonly string[] }>(path))?.answers ?? [];
  const note = [description, answers.map((answer) => `- ${plainMarkdown(answer)}`).join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
  const digest = sha256(note);
  if (note === '' || ledger.isSettled('note', digest)) return false;
  await client.logBatch(runId, { tags: [tag('mlflow.note.content', note)] });
  await ledger.setSent('note', digest);
  return true;
}

/** Names in a sentence are no Markdown. */
function plainMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]]/g, '\\$&').replaceAll('<', '&lt;');
}

function studyRecord(folder: string): Promise<StudyRecord | undefined> {
  return readJsonFile<StudyRecord>(join(folder, 'study.json'));
}

function parentRun(
  folder: string,
  client: MlflowClient,
  ledger: Ledger,
  experimentId: string,
): Promise<KnownRun> {
  return ensureRun(client, ledger, experimentId, async () => {
    const record = (await studyRecord(folder)) as StudyRecord;
    return {
      experimentId,
      name: valueOf(record.name, LONGEST_NAME),
      startTime: await startOf(folder),
      tags: [
        tag(ID_TAG, ledger.id),
        tag('mmsr.study', record.name),
        tag('mmsr.cells', String(record.cellNames.length)),
        ...sourceTags(),
        ...(record.description === '' ? [] : [tag('mlflow.note.content', record.description)]),
        ...(record.compare === null ? [] : [tag('mmsr.compare', JSON.stringify(record.compare))]),
      ],
    };
  });
}

/** When its first cell began. */
async function startOf(folder: string): Promise<number> {
  const manifests = await Promise.all(
    (await runFolders(folder)).map((run) => readJsonFile<Manifest>(join(run, 'manifest.json'))),
  );
  const starts = manifests.map((manifest) => Date.parse(manifest?.created ?? ''));
  return Math.min(...starts.filter(Number.isFinite), Date.now());
}

/** Run directories of a study's folder, in the order of their names. */
export async function runFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(folder, name))
    .sort();
  const manifests = await Promise.all(
    folders.map((run) => readJsonFile(join(run, 'manifest.json'))),
  );
  return folders.filter((_, i) => manifests[i] !== undefined);
}

/** How the study stands: done, failed, or left before its end. */
async function endOf(folder: string, { cellNames }: StudyRecord) {
  const runs = await runFolders(folder);
  const ends = await Promise.all(
    cellNames.map(async (cell) => {
      const run = runs.find((path) => basename(path) === cell);
      return run === undefined ? undefined : lastState(run);
    }),
  );
  const states = ends.map((end) => end?.state);
  const status: RunStatus = states.every((state) => state === 'done')
    ? 'FINISHED'
    : states.includes('failed')
      ? 'FAILED'
      : 'KILLED';
  const times = ends.flatMap((end) => (end === undefined ? [] : [end.time]));
  return { status, endTime: times.length === 0 ? undefined : Math.max(...times) };
}

async function lastState(directory: string) {
  let last: (RunEvent & { readonly type: 'state' }) | undefined;
  for await (const line of readLines(join(directory, 'events.jsonl'), 0)) {
    const event = line.text.includes('"type":"state"') ? parseLine<RunEvent>(line) : undefined;
    if (event?.type === 'state') last = event;
  }
  return last;
}

/** Paths of the report's files, relative to the study's folder. */
async function reportFiles(folder: string): Promise<string[]> {
  const report = join(folder, 'report');
  const files = await readdir(report, { recursive: true, withFileTypes: true }).catch(() => []);
  const page = await stat(join(folder, REPORT)).catch(() => undefined);
  return [
    ...(page === undefined ? [] : [REPORT]),
    ...files
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
      .sort(),
  ];
}
