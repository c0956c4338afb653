import { type FileHandle, mkdir, open, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Intent } from './charge-book.ts';
import type { ChargeParameters } from './charge-request.ts';
import type { RefundAnswer } from './refund-book.ts';

/** What changed the books. All that ever did, in its order, makes the same books again. */
export type Entry =
  | { kind: 'charged'; intent: Intent; key: string | null; fails: boolean }
  /** A key that is answered 500 for good, and charged nothing. */
  | { kind: 'failed'; key: string; charge: ChargeParameters }
  | { kind: 'moved'; id: string; status: Intent['status']; declineCode: string | null }
  /** What a refund was asked for, and how its key is answered from then on. */
  | { kind: 'refund'; key: string | null; asked: string; answer: RefundAnswer };

/** Half of the shortest latency of the default weather, so that hardly an answer waits for the disk. */
const gatherMs = 12;
const lineEnd = 0x0a;

/**
 * The provider's books in a file, a line each entry. What happens within a moment is one write, and whoever was
 * charged is answered once it is on disk: a provider that is killed knows what it has told of.
 */
export class KeptBooks {
  /** What was found, oldest first; read once. */
  readonly found: Iterable<Entry>;
  readonly #file: FileHandle;
  #lines: string[] = [];
  #unkept = 0;
  #lastWrite: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, found: Iterable<Entry>) {
    this.#file = file;
    this.found = found;
  }

  /**
   * Opens the books in that directory, which is made where it is missing. A last line without an end is what a kill
   * left of a write that nobody was told of, and is cut off. Throws where a whole line cannot be read.
   */
  static async open(directory: string): Promise<KeptBooks> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, 'books.jsonl');
    const file = await open(path, 'a', 0o600);
    const bytes = await readFile(path);
    const whole = bytes.subarray(0, bytes.lastIndexOf(lineEnd) + 1);
    if (whole.length < bytes.length) await truncate(path, whole.length);
    return new KeptBooks(file, entriesIn(whole, path));
  }

  add(entry: Entry): void {
    this.#unkept++;
    // The first of a group sees to its write.
    if (this.#lines.push(JSON.stringify(entry)) === 1) this.#lastWrite = this.#write(this.#lastWrite);
  }

  /** Resolves once everything that was added until now is on disk; null where it is. */
  kept(): Promise<void> | null {
    return this.#unkept === 0 ? null : this.#lastWrite;
  }

  async close(): Promise<void> {
    await this.#lastWrite;
    await this.#file.close();
  }

  async #write(before: Promise<void>): Promise<void> {
    await Promise.all([before, sleep(gatherMs)]);
    const lines = this.#lines;
    this.#lines = [];
    await this.#file.appendFile(`${lines.join('\n')}\n`);
    await this.#file.datasync();
    this.#unkept -= lines.length;
  }
}

function* entriesIn(bytes: Buffer, path: string): Generator<Entry> {
  for (let from = 0, line = 1; from < bytes.length; line++) {
    const end = bytes.indexOf(lineEnd, from);
    try {
      yield JSON.parse(bytes.toString('utf8', from, end)) as Entry;
    } catch {
      throw new Error(
        `${path} is damaged at line ${line}; restore it, or remove it to start with empty books`,
      );
    }
    from = end + 1;
  }
}
