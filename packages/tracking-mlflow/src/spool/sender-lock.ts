import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lockPart } from '@mmsr/core';
import { TRACKING_FOLDER } from './ledger.js';

class Busy extends Error {}

/**
 * Takes a run directory for sending: one process at a time.
 * @returns what lets go of it; undefined when another process has it
 */
export async function lockSender(directory: string): Promise<(() => Promise<void>) | undefined> {
  const folder = join(directory, TRACKING_FOLDER);
  await mkdir(folder, { recursive: true });
  const onWait = () => {
    throw new Busy();
  };
  try {
    return await lockPart(folder, 'sender', { onWait });
  } catch (error) {
    if (error instanceof Busy) return undefined;
    throw error;
  }
}
