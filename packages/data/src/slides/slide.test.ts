import type { OpenSlide } from './openslide-library.js';
import { decide, scaleOfSlide } from './slide-scale.js';
import { levelFor, Slide } from './slide.js';

const levels = (...downsamples: number[]) =>
  downsamples.map((downsample) => ({ widthPx: 1, heightPx: 1, downsample }));

test.each([
  [1, 0],
  [1.9, 0],
  [2, 0],
  [3.999, 1], // a scanner's level is a little off
  [4, 1],
  [15, 1],
  [16, 2],
  [64, 2],
])('a pyramid with gaps is read at %f from level %i', (factor, level) => {
  expect(levelFor(levels(1, 4.0001, 16.002), factor)).toBe(level);
});

test.each([
  [0.499, 20, 20],
  [0.25, 40, 40],
  [0.2325, 40, 40],
  [0.23, undefined, 40],
  [undefined, 20, 20],
  [0.5, 40, 20], // the label is wrong: the microns per pixel decide
  [0.25, 20, 40],
  [1.9, undefined, 5],
  [undefined, undefined, undefined],
])('%f microns per pixel labelled %sx are %sx', (mpp, label, magnification) => {
  expect(decide(mpp, label)).toBe(magnification);
});

interface Read {
  readonly level: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A slide of 4000 x 2000 pixels whose red is its level, with levels of 1, 4 and 16. */
function fakeLibrary(properties: Readonly<Record<string, string>> = {}) {
  const reads: Read[] = [];
  let fault: string | null = null;
  let opened = 0;
  const library: OpenSlide = {
    version: '4.0.0',
    open: (path) => {
      opened++;
      fault = path === 'damaged.svs' ? 'Bad tile' : null;
      return path === 'photo.png' ? null : {};
    },
    close: () => undefined,
    error: () => fault,
    property: (_, name) => properties[name] ?? null,
    levelCount: () => 3,
    levelSize: (_, level) => ({ widthPx: 4000 / 4 ** level, heightPx: 2000 / 4 ** level }),
    read: (_, at) => {
      reads.push(at);
      if (at.x > 3000) fault = 'Corrupt JPEG data';
      return new Uint32Array(at.width * at.height).fill(0xff000909 + at.level * 0x10000);
    },
  };
  return { library, reads, opened: () => opened };
}

test('regions are read from the level nearest above, and shrunk by the rest', () => {
  const { library, reads } = fakeLibrary();
  const slide = Slide.open(library, 'a.svs', 'a.svs');
  expect(slide.levels.map(({ downsample }) => downsample)).toEqual([1, 4, 16]);
  const read = slide.read(8, { x: 10, y: 5, width: 3, height: 2 });
  expect(reads).toEqual([{ level: 1, x: 80, y: 40, width: 6, height: 4 }]);
  expect([read.widthPx, read.heightPx, ...read.data.subarray(0, 3)]).toEqual([3, 2, 1, 9, 9]);
  slide.read(1, { x: 7, y: 9, width: 2, height: 2 }, { x: 100, y: 200 });
  expect(reads[1]).toEqual({ level: 0, x: 107, y: 209, width: 2, height: 2 });
});

test('what the scanner left out is not part of the slide', () => {
  const bounds = { x: '1000', y: '500', width: '800', height: '600' };
  const { library, reads } = fakeLibrary(
    Object.fromEntries(
      Object.entries(bounds).map(([key, value]) => [`openslide.bounds-${key}`, value]),
    ),
  );
  const slide = Slide.open(library, 'a.mrxs', 'a.mrxs');
  expect(slide.bounds).toEqual({ x: 1000, y: 500, width: 800, height: 600 });
  slide.read(4, { x: 2, y: 1, width: 1, height: 1 });
  expect(reads).toEqual([{ level: 1, x: 1008, y: 504, width: 1, height: 1 }]);
});

test.each([
  ['the level itself', 1, { x: 3, y: 5 }, {}, true],
  ['a level of a whole factor', 4, { x: 8, y: 16 }, {}, true],
  ['a factor between levels', 5.5, { x: 8, y: 16 }, {}, true],
  ['an origin between pixels of the level', 4, { x: 8, y: 18 }, {}, false],
  ['tiles that overlap', 1, { x: 0, y: 0 }, { 'openslide.vendor': 'mirax' }, false],
])(
  'whether regions of a slide give the same pixels: %s',
  (_, factor, origin, properties, alike) => {
    const { library } = fakeLibrary(properties);
    expect(Slide.open(library, 'a.svs', 'a.svs').readsAlike(factor, origin)).toBe(alike);
  },
);

test('a level whose size is rounded is read at positions between its pixels', () => {
  const { library } = fakeLibrary();
  const levelSize = (_: object, level: number) => ({
    widthPx: Math.floor(4002 / 4 ** level),
    heightPx: 2000 / 4 ** level,
  });
  const slide = Slide.open({ ...library, levelSize }, 'a.svs', 'a.svs');
  expect(slide.levels[1]?.downsample).toBeCloseTo(4.001, 4);
  expect(slide.readsAlike(4, { x: 0, y: 0 })).toBe(false);
  expect(slide.readsAlike(3, { x: 0, y: 0 })).toBe(true);
});

test('the label and the height of a pixel are kept beside what decides', () => {
  const { library } = fakeLibrary({
    'openslide.mpp-x': '0.5',
    'openslide.mpp-y': '0.51',
    'openslide.objective-power': '40',
  });
  const scale = scaleOfSlide(Slide.open(library, 'a.svs', 'a.svs'), {}, 'a.svs');
  expect(scale).toEqual({
    magnification: 20,
    micronsPerPixel: 0.5,
    micronsPerPixelY: 0.51,
    objectivePower: 40,
  });
});

test('a damaged place is named with its level; other places can be read after it', () => {
  const { library, opened } = fakeLibrary();
  const slide = Slide.open(library, 'a.svs', 'a.svs');
  expect(() => slide.read(4, { x: 800, y: 3, width: 2, height: 2 })).toThrow(
    'level 1 cannot be read at 3200, 12 of level 0: Corrupt JPEG data',
  );
  expect(slide.read(4, { x: 8, y: 3, width: 2, height: 2 }).widthPx).toBe(2);
  expect(opened()).toBe(2);
});

test('what is no slide, or a damaged one, is an error with its name', () => {
  const { library } = fakeLibrary();
  expect(() => Slide.open(library, 'photo.png', 'photo.png')).toThrow('no slide that OpenSlide');
  expect(() => Slide.open(library, 'damaged.svs', 'damaged.svs')).toThrow('Bad tile');
});
