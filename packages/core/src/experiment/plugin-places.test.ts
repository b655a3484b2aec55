import { PLACE_KEYS } from '../plugins/config-schema.js';
import { describePlace, PLACES, pluginKind } from './plugin-places.js';

test('no plugin may have an option with the name of a key of its place', () => {
  for (const place of PLACES) {
    const kind = pluginKind(place);
    if (kind === undefined) continue;
    expect([kind, Object.keys(describePlace(place).keys)]).toEqual([kind, PLACE_KEYS[kind]]);
  }
});

test('places know whether they may be null and what they hold when left out', () => {
  const of = (key: string) => {
    const place = PLACES.find(({ path }) => path.join('.') === key);
    if (place === undefined) throw new Error(key);
    const { nullable, fallback } = describePlace(place);
    return [nullable, fallback];
  };
  expect(of('model.backbone')).toEqual([false, undefined]);
  expect(of('model.head')).toEqual([true, null]);
  expect(of('tracking')).toEqual([true, null]);
  expect(of('engine')).toEqual([false, { name: 'auto' }]);
  expect(of('data.degradation')).toEqual([false, { name: 'bicubic' }]);
});
