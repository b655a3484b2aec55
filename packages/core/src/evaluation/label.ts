import type { RgbImage } from '../images/rgb-image.js';

/*
 * A 5x7 bitmap font of the characters that picture labels need: drawing text by a library would need
 * fonts, which a bare machine has not.
 */
const GLYPHS: Readonly<Record<string, string>> = {
  ' ': '..... ..... ..... ..... ..... ..... .....',
  '.': '..... ..... ..... ..... ..... .##.. .##..',
  '0': '.###. #...# #..## #.#.# ##..# #...# .###.',
  '1': '..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.',
  '2': '.###. #...# ....# ...#. ..#.. .#... #####',
  '3': '##### ...#. ..#.. ...#. ....# #...# .###.',
  '4': '...#. ..##. .#.#. #..#. ##### ...#. ...#.',
  '5': '##### #.... ####. ....# ....# #...# .###.',
  '6': '..##. .#... #.... ####. #...# #...# .###.',
  '7': '##### ....# ...#. ..#.. .#... .#... .#...',
  '8': '.###. #...# #...# .###. #...# #...# .###.',
  '9': '.###. #...# #...# .#### ....# ...#. .##..',
  B: '####. #...# #...# ####. #...# #...# ####.',
  H: '#...# #...# #...# ##### #...# #...# #...#',
  L: '#.... #.... #.... #.... #.... #.... #####',
  R: '####. #...# #...# ####. #.#.. #..#. #...#',
  S: '.#### #.... #.... .###. ....# ....# ####.',
  b: '#.... #.... #.##. ##..# #...# #...# ####.',
  c: '..... ..... .###. #.... #.... #...# .###.',
  d: '....# ....# .##.# #..## #...# #...# .####',
  i: '..#.. ..... .##.. ..#.. ..#.. ..#.. .###.',
  u: '..... ..... #...# #...# #...# #..## .##.#',
};

const ADVANCE_PX = 6;
export const LABEL_HEIGHT_PX = 11;

/** Draws a text in black, 7 pixels high; what does not fit is left out. */
export function drawLabel(image: RgbImage, text: string, x: number, y: number): void {
  [...text].forEach((character, position) => {
    const rows = (GLYPHS[character] ?? GLYPHS[' '] ?? '').split(' ');
    rows.forEach((row, dy) => {
      [...row].forEach((dot, dx) => {
        const column = x + position * ADVANCE_PX + dx;
        if (dot !== '#' || column >= image.widthPx) return;
        image.data.fill(
          0,
          ((y + dy) * image.widthPx + column) * 3,
          ((y + dy) * image.widthPx + column) * 3 + 3,
        );
      });
    });
  });
}
