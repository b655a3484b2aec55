import { join } from 'node:path';

/** Where things are in an installed part; the libraries stay where the wheels have them. */
export function partLayout(folder: string) {
  const sitePackages = join(folder, 'site-packages');
  return {
    sitePackages,
    /** Gone once the binding is compiled. */
    includeFolder: join(sitePackages, 'tensorflow', 'include'),
    librariesFolder: join(sitePackages, 'tensorflow'),
    /** The package @tensorflow/tfjs-node-gpu. */
    nodePackage: join(folder, 'tfjs-node'),
    sourcesFolder: join(folder, 'tfjs-node', 'binding'),
    kernelsFolder: join(folder, 'tfjs-node', 'dist'),
    bindingFile: join(folder, 'tfjs_binding.node'),
  };
}
