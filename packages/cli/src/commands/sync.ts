import { relative } from 'node:path';
import { syncFolder } from '@mmsr/tracking-mlflow';
import { EXIT } from '../exit-codes.js';

export interface SyncCommandOptions {
  readonly uri?: string;
}

/** `mmsr-run sync DIR`: sends to MLflow what is not there yet. @returns the exit code */
export async function syncCommand(folder: string, { uri }: SyncCommandOptions): Promise<number> {
  const isBusy: string[] = [];
  await syncFolder(folder, {
    uri,
    onRun: ({ directory, state }) => {
      const shown = relative(process.cwd(), directory) || '.';
      if (state === 'busy') isBusy.push(shown);
      const text = { sent: 'sent', complete: 'was sent before', busy: 'is at work' }[state];
      process.stdout.write(`${shown}: ${text}\n`);
    },
    onSkip: (message) => process.stderr.write(`warning: ${message}\n`),
  });
  if (isBusy.length === 0) return EXIT.done;
  process.stderr.write(`${isBusy.join(', ')}: sent by the process that is at work on it\n`);
  return EXIT.done;
}
