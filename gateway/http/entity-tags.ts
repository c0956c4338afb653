import { createHash } from 'node:crypto';

/** Of texts, before all of them are forgotten. */
const knownMax = 100;

/** Entity tags by the text that they stand for: one that is sent again and again is hashed once. */
export class EntityTags {
  readonly #known = new Map<string, string>();

  of(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const tag = `"${createHash('sha1').update(text).digest('base64url')}"`;
    if (this.#known.size >= knownMax) this.#known.clear();
    this.#known.set(text, tag);
    return tag;
  }
}
