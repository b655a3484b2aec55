#!/usr/bin/env node
import { stopWithParent } from '../dist/launchers/cell-process.js';
import { main } from '../dist/main.js';

// Whoever reads the output may stop reading, as `head` does: that ends the command, without a word.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

stopWithParent();
process.exitCode = await main(process.argv);
