import { composeSchema, PluginRegistry } from '@mmsr/core';
import { createContainer } from '../composition.js';
import { EXIT } from '../exit-codes.js';
import { loadInstalledPlugins } from '../installed-plugins.js';

/** `mmsr-run schema`: the JSON Schema of experiment files, for editors. */
export async function schemaCommand(): Promise<number> {
  const container = createContainer();
  for (const fault of await loadInstalledPlugins(container, process.cwd())) {
    process.stderr.write(`warning: ${fault}\n`);
  }
  const schema = composeSchema(container.resolve(PluginRegistry));
  process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
  return EXIT.done;
}
