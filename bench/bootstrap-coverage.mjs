// How often the 95 % intervals of the tables hold the truth: differences with a known mean are drawn for images
// that are correlated within their slide and share the luck of their seed, and the share of intervals that hold
// the mean is counted. Beside ours stands what is commonly done. Written to RESULTS-bootstrap.md.
//
//   node bench/bootstrap-coverage.mjs
import { writeFileSync } from 'node:fs';
import { randomStream } from '@mmsr/core';
import { bootstrapInterval, bootstrapMeans, percentileInterval } from '@mmsr/report';
import { describeMachine, formatMarkdown } from './machine.mjs';

const SIMULATIONS = 2000;
const RESAMPLES = 500;
const IMAGES = 8;
const TRUTH = 0.05;
/** Standard deviations of what an image's difference is the sum of. */
const WITHIN = 1;

const SCENARIOS = [
  { groups: 10, seeds: 1, between: 1, ofSeeds: 0 },
  { groups: 20, seeds: 1, between: 1, ofSeeds: 0 },
  { groups: 50, seeds: 1, between: 1, ofSeeds: 0 },
  { groups: 10, seeds: 1, between: 1, ofSeeds: 0, skewed: true },
  { groups: 10, seeds: 3, between: 1, ofSeeds: 0 },
  { groups: 20, seeds: 3, between: 1, ofSeeds: 0 },
  { groups: 50, seeds: 3, between: 1, ofSeeds: 0 },
  { groups: 20, seeds: 3, between: 1, ofSeeds: 0.2 },
  { groups: 20, seeds: 5, between: 1, ofSeeds: 0.2 },
  { groups: 20, seeds: 3, between: 0.2, ofSeeds: 0.5 },
  { groups: 20, seeds: 5, between: 0.2, ofSeeds: 0.5 },
];

/** Differences by seed, group and image; slides are the same for every seed. */
function draw({ groups, seeds, between, ofSeeds, skewed }, simulation) {
  const random = randomStream(simulation, 'coverage');
  const slide = () => (skewed ? -Math.log(1 - random.uniform()) - 1 : random.normal());
  const ofGroups = Array.from({ length: groups }, () => between * slide());
  return Array.from({ length: seeds }, () => {
    const ofSeed = TRUTH + ofSeeds * random.normal();
    return ofGroups.map((ofGroup) =>
      Array.from({ length: IMAGES }, () => ofSeed + ofGroup + WITHIN * random.normal()),
    );
  });
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** @param unitsOf the units that are resampled, of the images of a seed by group */
function sampleOf(images, sharedGroups, unitsOf = (groups) => groups) {
  const seeds = images.map((groups, seed) => {
    const units = unitsOf(groups);
    return {
      seed,
      sums: Float64Array.from(units, sum),
      counts: Float64Array.from(units, ({ length }) => length),
    };
  });
  return { seeds, sharedGroups };
}

const holds = ({ low, high }) => low <= TRUTH && TRUTH <= high;

function coverage(scenario) {
  const hits = { ours: 0, plain: 0, nested: 0, images: 0 };
  let width = 0;
  for (let simulation = 0; simulation < SIMULATIONS; simulation++) {
    const images = draw(scenario, simulation);
    const options = { resamples: RESAMPLES, seed: simulation };
    const sample = sampleOf(images, true);
    const interval = bootstrapInterval(sample, options);
    width += (interval.high - interval.low) / SIMULATIONS;
    hits.ours += holds(interval);
    hits.plain += holds(percentileInterval(bootstrapMeans(sample, options), 0.025));
    hits.nested += holds(bootstrapInterval(sampleOf(images, false), options));
    const single = (groups) => groups.flat().map((value) => [value]);
    const independent = bootstrapMeans(sampleOf(images, true, single), options);
    hits.images += holds(percentileInterval(independent, 0.025));
  }
  const percent = (count) => `${((100 * count) / SIMULATIONS).toFixed(1)} %`;
  return [
    percent(hits.ours),
    width.toFixed(2),
    ...[hits.plain, hits.nested, hits.images].map(percent),
  ];
}

const rows = SCENARIOS.map((scenario) => {
  const { groups, seeds, between, ofSeeds, skewed } = scenario;
  const row = [groups + (skewed ? ', skewed' : ''), seeds, between, ofSeeds, ...coverage(scenario)];
  console.log(row.join('\t'));
  return row.map(String);
});
const seconds = (process.cpuUsage().user / 1e6).toFixed(0);
const header = [
  'slides',
  'seeds',
  'sd of slides',
  'sd of seeds',
  'ours',
  'width',
  'plain percentile',
  'slides anew for each seed',
  'images one by one',
];
const text = `# Coverage of the bootstrap intervals

How often a 95 % interval holds the true mean difference, in ${SIMULATIONS} simulated studies (the standard error of
these shares is 0.5 %), ${RESAMPLES} resamples each: ${IMAGES} images per slide, each difference the sum of the truth,
the slide's (the same for every seed), the seed's and the image's own (sd 1). Made in ${seconds} s of one core by
\`node bench/bootstrap-coverage.mjs\`.

${formatMarkdown(header, rows)}

- ours: seeds and slides drawn again, a slide with all its images and for all seeds, percentiles stretched.
- plain percentile: the same resamples, 2.5 % left out at each end. Too narrow with few slides.
- slides anew for each seed: slides drawn for each seed by itself, as if seeds had been tested on other slides.
- images one by one: what is got when the slides are forgotten.
- In the last two rows seeds differ more than slides do, which 3 seeds can hardly tell: hence the width. The
  tables warn below 5 seeds.

${describeMachine(['@mmsr/report'])}
`;
writeFileSync(new URL('RESULTS-bootstrap.md', import.meta.url), text);
