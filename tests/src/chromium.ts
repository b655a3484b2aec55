import { existsSync } from 'node:fs';
import puppeteer, { type Browser } from 'puppeteer-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Debian's Chromium, or the one that the environment variable CHROMIUM names. */
export function launchChromium(): Promise<Browser> {
  if (!existsSync(CHROMIUM))
    throw new Error(`no Chromium at ${CHROMIUM}: apt-get install chromium`);
  return puppeteer.launch({
    executablePath: CHROMIUM,
    // Chromium's own sandbox does not start as root, which containers often are.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}
