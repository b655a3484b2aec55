/** Writes stain-source.png and stain-reference.png: parts of two made slides that are stained unlike. */
import { syntheticSource, writePng } from '../dist/index.js';

const options = {
  count: 4,
  sizePx: 256,
  magnification: 20,
  glands: 0.45,
  lymphocytes: 0.3,
  stainVariation: 1,
  noise: 1.5,
};
const context = { seed: 5, split: 'train', scale: 2, folder: '.' };
const source = await syntheticSource.create(options, context);
const region = { x: 96, y: 96, width: 64, height: 64 };
for (const [index, name] of [
  [0, 'source'],
  [2, 'reference'],
]) {
  const { hr } = await source.read(index, 20, region);
  await writePng(new URL(`stain-${name}.png`, import.meta.url).pathname, hr);
}
await source.close();
