import { InputError, MmsrError } from '@mmsr/core';
import { packError, unpackError } from './thread-errors.js';

/** As between threads: classes and methods are lost on the way. */
const send = (error: unknown) => unpackError(structuredClone(packError(error)));

test('an error arrives with class, code, place, advice and stack', () => {
  const error = new MmsrError('E_IMAGE', 'is empty', { where: 'a.png', advice: 'Look at it.' });
  const arrived = send(error);
  expect(arrived).toBeInstanceOf(MmsrError);
  expect((arrived as MmsrError).describe()).toBe('a.png: is empty. Look at it. [E_IMAGE]');
  expect(arrived.stack).toBe(error.stack);
});

test('several problems stay several', () => {
  const problems = [new MmsrError('E_DATA', 'one'), new MmsrError('E_FILE', 'two')];
  const arrived = send(new InputError(problems)) as InputError;
  expect(arrived).toBeInstanceOf(InputError);
  expect(arrived.problems.map(({ code, message }) => [code, message])).toEqual([
    ['E_DATA', 'one'],
    ['E_FILE', 'two'],
  ]);
});

test('a fault of the program keeps message and stack; anything else becomes a message', () => {
  const error = new TypeError('x is not a function');
  expect(send(error)).toMatchObject({ message: 'x is not a function', stack: error.stack });
  expect(send('just text').message).toBe('just text');
});
