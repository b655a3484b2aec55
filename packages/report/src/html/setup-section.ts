import { canonical, formatYaml, type Json } from '@mmsr/core';
import type { RunEvidence } from '../evidence/run-evidence.js';
import type { CellState } from '../study/cell-state.js';
import type { StudySummary } from '../study/study-summary.js';
import { NONE } from '../tables/table.js';
import { environments, originOf, recordOf, textOf } from './environment.js';
import { html, type SafeHtml } from './safe-html.js';
import { plainTable } from './table.js';

/** What was run, how the cells differ, on what, and how to do it again. */
export function setupSection(summary: StudySummary, runs: readonly RunEvidence[]): SafeHtml {
  return html`<section aria-labelledby="setup">
    <h2 id="setup">What was run</h2>
    <h3>Cells and how they differ</h3>
    ${cellsTable(summary.cells, runs)}
    <h3>Configuration</h3>
    ${configurations(runs)}
    <h3>Environment</h3>
    ${environments(runs)}
    <h3>How to repeat it</h3>
    ${howToRepeat(runs)}
  </section>`;
}

function cellsTable(states: readonly CellState[], runs: readonly RunEvidence[]): SafeHtml {
  const manifestOf = new Map(runs.map(({ state, manifest }) => [state.cell, manifest]));
  const settingsOf = (cell: string) => recordOf(manifestOf.get(cell)?.settings);
  const keys = [...new Set(states.flatMap(({ cell }) => Object.keys(settingsOf(cell))))];
  const hasSeed = keys.includes('seed');
  return plainTable(
    'Cells and how they differ',
    ['cell', 'state', ...keys, ...(hasSeed ? [] : ['seed']), 'begun'],
    states.map(({ cell, state, reason, seed }) => [
      cell,
      reason === null ? state : `${state}: ${reason}`,
      ...keys.map((key) =>
        shown(
          settingsOf(cell)[key],
          states.map((other) => settingsOf(other.cell)[key]),
        ),
      ),
      ...(hasSeed ? [] : [seed ?? NONE]),
      textOf(manifestOf.get(cell)?.created),
    ]),
  );
}

/** A value that the matrix sets; a plugin by its name alone, where that tells all that differ apart. */
function shown(value: unknown, all: readonly unknown[]): string {
  if (value === undefined) return NONE;
  if (value === null) return 'none';
  if (typeof value === 'string') return value;
  const name = nameOf(value);
  const alike = all.filter((other) => name !== undefined && nameOf(other) === name);
  const same = new Set(alike.map((other) => canonical(other as Json)));
  return name !== undefined && same.size === 1 ? name : JSON.stringify(value);
}

function nameOf(value: unknown): string | undefined {
  const { name } = recordOf(value);
  return typeof name === 'string' ? name : undefined;
}

/** One of each variant; its other cells have another seed. */
function configurations(runs: readonly RunEvidence[]): SafeHtml[] {
  const firsts = new Map<string, RunEvidence>();
  for (const run of runs) {
    if (run.manifest !== undefined && !firsts.has(run.variant)) firsts.set(run.variant, run);
  }
  return [...firsts.values()].map(
    ({ state, manifest }) =>
      html`<details>
        <summary>${state.cell}, every default filled in</summary>
        <pre tabindex="0">${yamlOf(manifest?.experiment)}</pre>
      </details>`,
  );
}

function yamlOf(experiment: unknown): string {
  return formatYaml((experiment ?? null) as Json);
}

function howToRepeat(runs: readonly RunEvidence[]): SafeHtml {
  const { version, commit } = originOf(runs);
  return html`<ol>
    <li>
      Install the versions
      above${version !== undefined && html`: <code>npm install mmsr-run@${version}</code> and the packages of its plugins`}.
    </li>
    <li>
      Take the experiment file and its
      data${commit !== undefined && html`, at commit <code>${commit}</code>`}; or save a
      configuration from above as <code>again.yaml</code> where the experiment file was, since paths
      in it are relative to that folder.
    </li>
    <li>
      Run <code>npx mmsr-run again.yaml --out again</code>. The same seed on the same engine,
      version and number of threads trains the same weights; other engines differ by rounding.
    </li>
    <li>
      Compare with <code>npx mmsr-run report again/NAME</code>. What each run was made of, digests
      of its images included, is in its <code>manifest.json</code>.
    </li>
  </ol>`;
}
