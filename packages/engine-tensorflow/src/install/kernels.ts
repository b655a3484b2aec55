import type { PinnedPackage } from '@mmsr/core';

/**
 * TensorFlow's kernels for tfjs, and the C++ between Node and TensorFlow, from which the binding is
 * compiled. The two packages tfjs-node and tfjs-node-gpu hold the same code.
 */
export const KERNELS: PinnedPackage = {
  name: '@tensorflow/tfjs-node-gpu',
  version: '4.22.0',
  integrity:
    'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
  members: ['package/package.json', 'package/dist/*.js', 'package/binding/*'],
  except: ['*_test.js', '*/run_tests.js'],
};
