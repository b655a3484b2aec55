import { createRgbImage } from '../images/rgb-image.js';
import { errorMap } from './error-map.js';

test('no error is the darkest, a difference of 32 levels and more the brightest, 16 the middle', () => {
  const [image, original] = [createRgbImage(4, 1), createRgbImage(4, 1)];
  image.data.set([100, 100, 100, 116, 84, 116, 132, 132, 132, 255, 255, 255]);
  original.data.fill(100);
  expect([...errorMap(image, original).data]).toEqual(
    [[0, 0, 4], [188, 55, 84], [252, 255, 164], [252, 255, 164]].flat(), // prettier-ignore
  );
});
