/**
 * A map that forgets what has not been asked for since the turn before last. It costs no timer and no list
 * for each entry, only two maps of which the older one is dropped whole.
 */
export class Recent<Key, Value> {
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();

  /** Entries since the last turn. */
  get youngCount(): number {
    return this.#young.size;
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#young.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    this.#young.set(key, value);
  }

  turn(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }
}
