#!/usr/bin/env node
import { main } from '../dist/main.js';

// Whoever reads the output may stop reading, as `head` does: that ends the command, without a word.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await main(process.argv);
