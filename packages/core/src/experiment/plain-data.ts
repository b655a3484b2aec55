import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import type { Json, JsonObject } from './json.js';
import { keyFault, type KeyPath } from './key-path.js';
import { Positions } from './positions.js';

/** Levels of mappings and lists. */
export const MAX_DEPTH = 100;
const MAX_ALIASES = 100;
const MAX_VALUES = 100_000;

/** The types of YAML 1.2's core schema, which may be written out. */
const CORE_TAGS = ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(
  (name) => `tag:yaml.org,2002:${name}`,
);

/** Something wrong at an offset of the text. */
export interface TextFault {
  readonly offset: number;
  readonly message: string;
  readonly advice?: string | undefined;
}

/** Ends the reading: what follows would only cost time. */
class TooMuch extends Error {}

/** Turns YAML nodes into plain data, notes where everything stands and collects what is not allowed. */
export class PlainDataReader {
  readonly faults: TextFault[] = [];
  readonly positions = new Positions();
  readonly #anchors = new Map<string, Node>();
  /** How deep in values that aliases fill in; anchors there were met before. */
  #aliasDepth = 0;
  #aliases = 0;
  #values = 0;

  /** @param placeOf the position of an offset, as file:line:column */
  constructor(private readonly placeOf: (offset: number) => string) {
    this.positions.mark([], { key: placeOf(0), value: placeOf(0) });
  }

  read(root: Node): Json {
    try {
      return this.#value(root, [], startOf(root) ?? 0, 0);
    } catch (error) {
      if (error instanceof TooMuch) return null;
      throw error;
    }
  }

  #fault(offset: number, message: string, advice?: string): null {
    this.faults.push({ offset, message, ...(advice !== undefined && { advice }) });
    return null;
  }

  #stop(offset: number, message: string): never {
    this.#fault(offset, message);
    throw new TooMuch();
  }

  #value(node: Node | null, path: KeyPath, keyOffset: number, depth: number): Json {
    const offset = startOf(node) ?? keyOffset;
    this.positions.mark(path, { key: this.placeOf(keyOffset), value: this.placeOf(offset) });
    if (++this.#values > MAX_VALUES) this.#stop(offset, `more than ${MAX_VALUES} values`);
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node.source, path, { offset, keyOffset }, depth);
    this.#checkTag(node, offset);
    if (node.anchor !== undefined && this.#aliasDepth === 0) this.#anchors.set(node.anchor, node);
    return isScalar(node) ? this.#scalar(node, offset) : this.#collection(node, path, depth + 1);
  }

  #checkTag(node: Node, offset: number): void {
    if (node.tag === undefined || CORE_TAGS.includes(node.tag)) return;
    this.#fault(offset, `the tag ${node.tag} is not allowed`, 'Write the value without a tag.');
  }

  #scalar({ value }: Scalar, offset: number): Json {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return this.#fault(offset, 'the number is not finite');
    }
    return value as Json;
  }

  #alias(
    name: string,
    path: KeyPath,
    { offset, keyOffset }: { offset: number; keyOffset: number },
    depth: number,
  ): Json {
    const target = this.#anchors.get(name);
    if (target === undefined)
      return this.#fault(offset, `there is no anchor &${name} before *${name}`);
    if (++this.#aliases > MAX_ALIASES) {
      this.#stop(offset, `more than ${MAX_ALIASES} values are filled in by aliases`);
    }
    this.#aliasDepth++;
    const value = this.#value(target, path, keyOffset, depth);
    this.#aliasDepth--;
    return value;
  }

  #collection(node: Node, path: KeyPath, depth: number): Json {
    const offset = startOf(node) ?? 0;
    if (depth > MAX_DEPTH) this.#stop(offset, `more than ${MAX_DEPTH} levels deep`);
    if (isMap(node)) return this.#mapping(node, path, depth);
    if (!isSeq(node)) return this.#fault(offset, 'neither a mapping, a list nor a value');
    return node.items.map((item, index) => {
      const entry = item as Node | null;
      return this.#value(entry, [...path, String(index)], startOf(entry) ?? offset, depth);
    });
  }

  #mapping(node: YAMLMap, path: KeyPath, depth: number): JsonObject {
    const object: JsonObject = {};
    const offsets = new Map<string, number>();
    for (const pair of node.items) {
      const keyNode = pair.key as Node | null;
      const offset = startOf(keyNode) ?? startOf(node) ?? 0;
      const key = this.#key(keyNode, offset);
      const first = key === null ? undefined : offsets.get(key);
      if (first !== undefined) {
        this.#fault(offset, `the key "${key}" is there twice, first at ${this.placeOf(first)}`);
      } else if (key !== null) {
        offsets.set(key, offset);
        object[key] = this.#value(pair.value as Node | null, [...path, key], offset, depth);
      }
    }
    return object;
  }

  #key(node: Node | null, offset: number): string | null {
    if (!isScalar(node) || typeof node.value !== 'string') {
      return this.#fault(offset, 'a key is not text', 'Put quotes around a key that is a number.');
    }
    this.#checkTag(node, offset);
    const fault = keyFault(node.value);
    return fault === undefined ? node.value : this.#fault(offset, fault);
  }
}

function startOf(node: Node | null): number | undefined {
  return node?.range?.[0];
}
