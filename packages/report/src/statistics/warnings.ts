import type { ComparisonRow } from './compare.js';
import { METRIC_NAMES, type Metric } from './pair-images.js';

/** From so many groups on the exact test can give p below 0.05: 2 / 2^6 = 0.031. */
const FEWEST_GROUPS = 6;
/** Below, how much training with another seed changes is hardly known. */
const FEWEST_SEEDS = 5;
const LEVEL = 0.05;

/** What the reader must know before believing a table, in plain sentences. */
export function warningsOf(rows: readonly ComparisonRow[]): string[] {
  if (rows.length === 0) return [];
  return [...tooFewGroups(rows), ...tooManyTests(rows), ...tooFewSeeds(rows), ...leftOut(rows)];
}

/**
 * Cells that interpolation beats: whatever they show of each other, trained networks may not.
 * @param rows compared with bicubic interpolation
 */
export function belowBicubic(rows: readonly ComparisonRow[], metric: Metric): string[] {
  const ofMetric = rows.filter((row) => row.metric === metric);
  const whole = ofMetric.filter(({ magnification }) => magnification === 'all');
  const below = (whole.length > 0 ? whole : ofMetric).filter(({ difference }) => difference < 0);
  if (below.length === 0) return [];
  const { name, unit, digits } = METRIC_NAMES[metric];
  const most = Math.max(...below.map(({ difference }) => -difference)).toFixed(digits);
  const cells = [...new Set(below.map(({ cell }) => cell))].join(', ');
  return [
    `Bicubic interpolation is better than ${cells}, by up to ${most}${unit} of ${name}: trained too little? ` +
      'What such cells show of each other need not hold for trained ones.',
  ];
}

function tooFewGroups(rows: readonly ComparisonRow[]): string[] {
  const fewest = Math.min(...rows.map(({ groups }) => groups));
  const smallest = 2 / 2 ** fewest;
  if (fewest < 2) {
    return [
      'Only 1 group (slide or patient): nothing can be said about other slides. No interval is given.',
    ];
  }
  if (fewest < FEWEST_GROUPS) {
    return [
      `Only ${fewest} groups (slides or patients): whatever they show, the test cannot give p below ` +
        `${smallest.toPrecision(2)}, and the interval cannot be trusted. At least ${FEWEST_GROUPS} are needed.`,
    ];
  }
  return [];
}

/** Families in which Holm's method leaves even the smallest p that so many groups can give above the level. */
function tooManyTests(rows: readonly ComparisonRow[]): string[] {
  const families = new Map(rows.map(({ family }) => [family.name, family.tests]));
  return [...families].flatMap(([name, tests]) => {
    const members = rows.filter(({ family }) => family.name === name);
    const groups = Math.max(...members.map((row) => row.groups));
    const smallest = (tests * 2) / 2 ** groups;
    if (groups < FEWEST_GROUPS || smallest <= LEVEL) return [];
    return [
      `${groups} groups are too few for the ${tests} tests of the family "${name}": whatever they show, ` +
        `Holm's p cannot fall below ${smallest.toPrecision(2)}. Take more slides, or compare less.`,
    ];
  });
}

function tooFewSeeds(rows: readonly ComparisonRow[]): string[] {
  const fewest = Math.min(...rows.map(({ seeds }) => seeds.length));
  if (fewest === 1) {
    return ['Only 1 seed: how much another training run would differ is not part of the interval.'];
  }
  if (fewest >= FEWEST_SEEDS) return [];
  return [
    `Only ${fewest} seeds: how much training runs differ is hardly known, so intervals are rough.`,
  ];
}

function leftOut(rows: readonly ComparisonRow[]): string[] {
  const most = Math.max(...rows.map(({ leftOutImages }) => leftOutImages));
  if (most === 0) return [];
  return [
    `Images without finite values on both sides were left out: up to ${most} in a comparison.`,
  ];
}
