import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bindingArguments } from './compile-binding.js';
import { partLayout } from './layout.js';
import { proveBinding } from './prove-binding.js';

const layout = partLayout('/part');

/** What follows an option, each time it is given. */
const valuesOf = (option: string, args: readonly string[]) =>
  args.filter((_, i) => args[i - 1] === option);

test('the headers of Node-API are those of the package, and there', () => {
  const [nodeApi, tensorflow] = valuesOf('-I', bindingArguments(layout, 'linux'));
  expect(existsSync(join(nodeApi as string, 'node_api.h'))).toBe(true);
  expect(tensorflow).toBe('/part/site-packages/tensorflow/include');
});

test('the binding finds the libraries relative to itself, wherever the folder is moved', () => {
  const linux = bindingArguments(layout, 'linux');
  expect(linux).toContain('-Wl,-rpath,$ORIGIN/site-packages/tensorflow');
  expect(linux).toContain('-l:libtensorflow_cc.so.2');
  const mac = bindingArguments(layout, 'darwin');
  expect(mac).toContain('-Wl,-rpath,@loader_path/site-packages/tensorflow');
  expect(mac).toContain('/part/site-packages/tensorflow/libtensorflow_cc.2.dylib');
  expect(valuesOf('-undefined', mac)).toEqual(['dynamic_lookup']);
});

test('a binding that cannot be loaded is an error that says why', async () => {
  await expect(proveBinding('/no/such/binding.node')).rejects.toMatchObject({
    code: 'E_INSTALL',
    where: '/no/such/binding.node',
    message: expect.stringContaining('Cannot find module') as string,
  });
});
