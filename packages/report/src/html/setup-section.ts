import { canonical, formatYaml, type Json, type Manifest } from '@mmsr/core';
import type { RunEvidence } from '../evidence/run-evidence.js';
import type { CellState } from '../study/cell-state.js';
import type { StudySummary } from '../study/study-summary.js';
import { NONE } from '../tables/table.js';
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
  const settingsOf = (cell: string) => manifestOf.get(cell)?.settings ?? {};
  const keys = [...new Set(states.flatMap(({ cell }) => Object.keys(settingsOf(cell))))];
  const hasSeed = keys.includes('seed');
  return plainTable(
    'Cells and how they differ',
    ['cell', 'state', ...keys, ...(hasSeed ? [] : ['seed']), 'begun'],
    states.map(({ cell, state, reason, seed }) => [
      cell,
      reason === null ? state : `${state}: ${reason}`,
      ...keys.map((key) => shown(settingsOf(cell)[key])),
      ...(hasSeed ? [] : [seed ?? NONE]),
      textOf(manifestOf.get(cell)?.created),
    ]),
  );
}

function shown(value: unknown): string {
  if (value === undefined) return NONE;
  return value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : NONE;
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

/** Each environment once, with the cells that ran in it. */
function environments(runs: readonly RunEvidence[]): SafeHtml[] {
  const byEnvironment = new Map<string, { manifest: Manifest; cells: string[] }>();
  for (const { state, manifest } of runs) {
    if (manifest === undefined) continue;
    const { versions, device, git, data } = manifest;
    const key = canonical(
      [versions, device, git, data].map((part) => part ?? null) as unknown as Json,
    );
    const found = byEnvironment.get(key);
    if (found === undefined) byEnvironment.set(key, { manifest, cells: [state.cell] });
    else found.cells.push(state.cell);
  }
  const several = byEnvironment.size > 1;
  return [...byEnvironment.values()].map(
    ({ manifest, cells }) =>
      html`${several && html`<p>${cells.join(', ')}:</p>`}${plainTable(
        several ? `Environment of ${cells.join(', ')}` : 'Environment',
        ['part', 'what'],
        environmentRows(manifest),
      )}`,
  );
}

function environmentRows({ versions, device, git, data, plugins }: Manifest): [string, string][] {
  const rows: [string, string][] = [];
  if (isRecord(device)) {
    const { engine, version, device: on, threads } = device;
    rows.push(['engine', `${engine} ${version} on ${on ?? NONE}, ${threads ?? NONE} threads`]);
  }
  if (isRecord(versions))
    for (const [name, version] of Object.entries(versions)) rows.push([name, version]);
  if (Array.isArray(plugins)) {
    for (const { kind, name, package: from, version } of plugins) {
      rows.push([`${kind} ${name}`, from === null ? NONE : `${from} ${version ?? ''}`]);
    }
  }
  rows.push([
    'git',
    isRecord(git) ? `${git.commit}${git.dirty ? ', with changes' : ''}` : 'not in a repository',
  ]);
  for (const [split, description] of Object.entries(isRecord(data) ? data : {})) {
    const { images = [], samples = {} } = description ?? {};
    const counts = Object.entries(samples).map(([key, count]) => `${count} at ${key}x`);
    const evaluated = split === 'train' ? '' : `; patches: ${counts.join(', ') || NONE}`;
    rows.push([`data.${split}`, `${images.length} images${evaluated}`]);
  }
  return rows;
}

function howToRepeat(runs: readonly RunEvidence[]): SafeHtml {
  const manifest = runs.find((run) => run.manifest !== undefined)?.manifest;
  const version = manifest?.versions?.['@mmsr/core'];
  const commit = manifest?.git?.commit;
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
