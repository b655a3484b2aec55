/** JSON as it is in a file of others: objects are maps, so that no name reaches a prototype. */
export type StrictJson = string | number | boolean | null | StrictJson[] | Map<string, StrictJson>;

/** Of objects and lists within each other; more than any header has. */
const MAX_DEPTH = 8;
/** What 40,000 tensors of four dimensions need; the more values, the more memory they take. */
const MAX_VALUES = 400_000;

/**
 * Reads JSON strictly: no key twice in an object, no more than eight levels or 400,000 values.
 * @throws SyntaxError saying what is wrong and at which character
 */
export function parseStrictJson(text: string): StrictJson {
  return new StrictParser(text).document();
}

const LITERALS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

class StrictParser {
  #at = 0;
  #values = 0;

  constructor(private readonly text: string) {}

  document(): StrictJson {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.text.length) this.#fail('something follows the value');
    return value;
  }

  #fail(message: string): never {
    throw new SyntaxError(`${message} at character ${this.#at}`);
  }

  #skipSpace(): void {
    while (' \t\n\r'.includes(this.text[this.#at] ?? '-')) this.#at++;
  }

  /** Whether the next character is this one, which is then passed. */
  #takes(character: string): boolean {
    this.#skipSpace();
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #value(depth: number): StrictJson {
    if (++this.#values > MAX_VALUES) this.#fail(`more than ${MAX_VALUES} values`);
    if (depth > MAX_DEPTH) this.#fail(`more than ${MAX_DEPTH} levels`);
    if (this.#takes('{')) return this.#object(depth + 1);
    if (this.#takes('[')) return this.#list(depth + 1);
    return this.text[this.#at] === '"' ? this.#string() : this.#scalar();
  }

  #object(depth: number): Map<string, StrictJson> {
    const object = new Map<string, StrictJson>();
    if (this.#takes('}')) return object;
    do {
      this.#skipSpace();
      const key = this.#string();
      if (object.has(key))
        this.#fail(`the key ${JSON.stringify(key.slice(0, 100))} is there twice`);
      if (!this.#takes(':')) this.#fail('a colon is missing');
      object.set(key, this.#value(depth));
    } while (this.#takes(','));
    if (!this.#takes('}')) this.#fail('an object does not end');
    return object;
  }

  #list(depth: number): StrictJson[] {
    const list: StrictJson[] = [];
    if (this.#takes(']')) return list;
    do list.push(this.#value(depth));
    while (this.#takes(','));
    if (!this.#takes(']')) this.#fail('a list does not end');
    return list;
  }

  #string(): string {
    if (this.text[this.#at] !== '"') this.#fail('a name is missing');
    let end = this.#at + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    const text = this.text.slice(this.#at, end + 1);
    this.#at = end + 1;
    return JSON.parse(text) as string;
  }

  #scalar(): number | boolean | null {
    const start = this.#at;
    while (/[-+.\w]/.test(this.text[this.#at] ?? ' ')) this.#at++;
    const token = this.text.slice(start, this.#at);
    const literal = LITERALS.get(token);
    if (literal !== undefined) return literal;
    if (!/^-?\d/.test(token)) this.#fail('a value is missing');
    return JSON.parse(token) as number;
  }
}
