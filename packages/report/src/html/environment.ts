import type { RunEvidence } from '../evidence/run-evidence.js';
import { counted } from '../tables/answers.js';
import { NONE } from '../tables/table.js';
import { html, type SafeHtml } from './safe-html.js';
import { plainTable } from './table.js';

type Row = readonly [string, string];

/** Each environment once, with the cells that ran in it. */
export function environments(runs: readonly RunEvidence[]): SafeHtml[] {
  const byRows = new Map<string, { rows: Row[]; cells: string[] }>();
  for (const { state, manifest } of runs) {
    if (manifest === undefined) continue;
    const rows = environmentRows(manifest);
    const key = JSON.stringify(rows);
    const found = byRows.get(key) ?? { rows, cells: [] };
    found.cells.push(state.cell);
    byRows.set(key, found);
  }
  const several = byRows.size > 1;
  return [...byRows.values()].map(({ rows, cells }) => {
    const label = several ? `Environment of ${cells.join(', ')}` : 'Environment';
    const all = [...rows, ...pluginRows(runs, cells)];
    return html`${several && html`<p>${cells.join(', ')}:</p>`}${plainTable(label, ['part', 'what'], all)}`;
  });
}

/*
 * A manifest may come from anywhere, and a report must not fail for what it only shows: so nothing in it is
 * taken to be what it should be.
 */

/** What the cells share; plugins, which a matrix may set, are listed for all of them. */
function environmentRows(manifest: object): Row[] {
  const { versions, device, git, data } = recordOf(manifest);
  const { engine, version, device: on, threads } = recordOf(device);
  const { commit, dirty } = recordOf(git);
  const dirtyText = dirty === true ? ', with changes' : '';
  return [
    ['engine', `${textOf(engine)} ${textOf(version)} on ${textOf(on)}, ${textOf(threads)} threads`],
    ...Object.entries(recordOf(versions)).map(([name, of]): Row => [name, textOf(of)]),
    ['git', commit === undefined ? 'not in a repository' : `${textOf(commit)}${dirtyText}`],
    ...Object.entries(recordOf(data)).map(([split, of]) => splitRow(split, recordOf(of))),
  ];
}

function splitRow(split: string, { images, samples }: Record<string, unknown>): Row {
  const counts = Object.entries(recordOf(samples)).map(([key, of]) => `${textOf(of)} at ${key}x`);
  const evaluated = split === 'train' ? '' : `; patches: ${counts.join(', ') || NONE}`;
  const count = Array.isArray(images) ? counted(images.length, 'image') : NONE;
  return [`data.${split}`, `${count}${evaluated}`];
}

function pluginRows(runs: readonly RunEvidence[], cells: readonly string[]): Row[] {
  const rows = runs
    .filter(({ state }) => cells.includes(state.cell))
    .map(({ manifest }) => recordOf(manifest).plugins)
    .flatMap((plugins): unknown[] => (Array.isArray(plugins) ? plugins : []))
    .map((plugin): Row => {
      const { kind, name, package: from, version } = recordOf(plugin);
      const origin = from === null ? NONE : `${textOf(from)} ${textOf(version)}`;
      return [`${textOf(kind)} ${textOf(name)}`, origin];
    });
  return [...new Map(rows.map((row) => [row.join(' '), row])).values()];
}

/** The version and the commit that the first cell ran with, where they are known. */
export function originOf(runs: readonly RunEvidence[]): { version?: string; commit?: string } {
  const manifest = recordOf(runs.find((run) => run.manifest !== undefined)?.manifest);
  const version = recordOf(manifest.versions)['@mmsr/core'];
  const { commit } = recordOf(manifest.git);
  return {
    ...(typeof version === 'string' && { version }),
    ...(typeof commit === 'string' && { commit }),
  };
}

/** A value in a word; what is none or not of one word is a dash. */
export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : NONE;
}

/** The value, where it is a mapping; an empty one for all else. */
export function recordOf(value: unknown): Record<string, unknown> {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord ? (value as Record<string, unknown>) : {};
}
