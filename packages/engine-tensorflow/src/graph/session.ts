import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failedAllocation, messageOf, MmsrError } from '@mmsr/core';
import type { Binding, TensorValues } from '../native/binding.js';
import { encodeSavedModel, outputName, TAG } from './encode.js';
import { reachable, type Graph, type Output } from './graph.js';

/** What an input of the graph is in one run. */
export type Feeds = ReadonlyMap<Output, TensorValues>;

/** A graph loaded into TensorFlow, with variables of its own. */
export class Session {
  readonly #id: number;

  /**
   * @param results outputs that will be asked for; what they do not need is left out
   * @throws MmsrError E_ENGINE when TensorFlow does not take the graph
   */
  constructor(
    private readonly binding: Binding,
    graph: Graph,
    results: readonly Output[],
  ) {
    // Inputs stay though nothing may read them: a run names them all.
    const inputs = graph.nodes.filter(({ op }) => op === 'Placeholder');
    const nodes = reachable(graph, [...results.map(({ node }) => node), ...inputs]);
    this.#id = load(binding, encodeSavedModel(nodes));
  }

  /**
   * Runs what the outputs need and gives their values.
   * @throws MmsrError E_OUT_OF_MEMORY with the shape that found no room, E_ENGINE for other faults
   */
  run(outputs: readonly Output[], feeds: Feeds = new Map()): TensorValues[] {
    const { binding } = this;
    const inputs = [...feeds].map(([{ shape, dtype }, values]) =>
      binding.createTensor(shape, dtype, values),
    );
    try {
      const names = [...feeds.keys()].map(outputName).join(',');
      const wanted = outputs.map(outputName).join(',');
      return binding.runSavedModel(this.#id, inputs, names, wanted).map(({ id }) => {
        const values = binding.tensorDataSync(id);
        binding.deleteTensor(id);
        return values;
      });
    } catch (error) {
      const asked = failedAllocation(error);
      throw asked === undefined
        ? new MmsrError('E_ENGINE', `TensorFlow stopped: ${firstLine(error)}`, { cause: error })
        : new MmsrError('E_OUT_OF_MEMORY', asked, { cause: error });
    } finally {
      for (const input of inputs) binding.deleteTensor(input);
    }
  }

  dispose(): void {
    this.binding.deleteSavedModel(this.#id);
  }
}

/** TensorFlow reads graphs from a folder, which is not needed after that. */
function load(binding: Binding, model: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), 'mmsr-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), model);
    return binding.loadSavedModel(folder, TAG);
  } catch (error) {
    throw new MmsrError('E_ENGINE', `the graph cannot be loaded: ${firstLine(error)}`, {
      where: folder,
      cause: error,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n')[0] as string;
}
