import { clearLine, cursorTo } from 'node:readline';
import { SingleBar } from 'cli-progress';

/** How far a run is: a bar on a terminal, a line now and then elsewhere. On stderr, so that the result can be piped. */
export class Progress {
  readonly #bar: SingleBar;

  constructor(seeds: number) {
    this.#bar = new SingleBar({
      format: '{bar} {value} of {total} seeds, {violations} violations, {eta_formatted} to go',
      stream: process.stderr,
      noTTYOutput: true,
      notTTYSchedule: 10_000,
      hideCursor: true,
      etaBuffer: 100,
    });
    this.#bar.start(seeds, 0, { violations: 0 });
  }

  tell(seeds: number, violations: number): void {
    this.#bar.update(seeds, { violations });
  }

  /** A line of its own, as soon as it is known: a long run need not be waited for to look into it. */
  found(line: string): void {
    if (process.stderr.isTTY) {
      clearLine(process.stderr, 0);
      cursorTo(process.stderr, 0);
    }
    process.stderr.write(`${line}\n`);
  }

  end(): void {
    this.#bar.stop();
  }
}
