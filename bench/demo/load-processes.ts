import { join } from 'node:path';
import { Latency } from '../load/latency.ts';
import type { FromLoad, ToLoad } from '../load/messages.ts';
import { noOutcomes } from '../load/outcomes.ts';
import type { RushPart } from '../load/rush.ts';
import type { Progress, RushResult } from '../load/tally.ts';
import { type Child, messageOf, startChild } from './child.ts';
import { DemoFailure } from './failure.ts';

/** What all load processes together saw. */
export interface Crowd extends Omit<RushResult, 'latency'> {
  latency: Latency;
}

/** The load, in processes of its own: the system shares nothing with it but the machine. */
export class LoadProcesses {
  readonly #children: Child[];
  readonly #parts: RushPart[];
  readonly #progress: (Progress | null)[];

  private constructor(children: Child[], parts: RushPart[]) {
    this.#children = children;
    this.#parts = parts;
    this.#progress = parts.map(() => null);
  }

  /** Starts a process for each part; they wait for `run`. */
  static async start(parts: RushPart[], dataDir: string): Promise<LoadProcesses> {
    const children = parts.map((_, number) =>
      startChild('bench/load/main.ts', {
        env: { ...process.env },
        logFile: join(dataDir, 'logs', `demo-load-${number + 1}.log`),
      }),
    );
    const load = new LoadProcesses(children, parts);
    const ready = await Promise.all(children.map((child) => messageOf<FromLoad>(child, 'ready')));
    if (ready.includes(null)) {
      load.kill();
      throw new DemoFailure('a load process did not start');
    }
    return load;
  }

  /** Sends the rush; resolves when every buyer has an outcome, at the latest soon after `rushMsMax`. */
  async run(rushMsMax: number): Promise<Crowd> {
    const results = this.#children.map((child, number) => this.#runPart(child, number));
    const callOff = setTimeout(() => {
      for (const child of this.#children) tell(child, { kind: 'stop' });
    }, rushMsMax);
    try {
      return together(await Promise.all(results));
    } finally {
      clearTimeout(callOff);
    }
  }

  /** Sums over the processes; latencies are those of the slowest. */
  progress(): Progress {
    const sum: Progress = {
      joined: 0,
      holding: 0,
      paying: 0,
      outcomes: noOutcomes(),
      reserveP99Ms: 0,
      confirmP50Ms: 0,
      confirmP99Ms: 0,
    };
    for (const part of this.#progress) {
      if (!part) continue;
      for (const name of ['joined', 'holding', 'paying'] as const) sum[name] += part[name];
      addCounts(sum.outcomes, part.outcomes);
      for (const name of ['reserveP99Ms', 'confirmP50Ms', 'confirmP99Ms'] as const) {
        sum[name] = Math.max(sum[name], part[name]);
      }
    }
    return sum;
  }

  kill(): void {
    for (const child of this.#children) child.kill();
  }

  #runPart(child: Child, number: number): Promise<RushResult> {
    return new Promise((resolve, reject) => {
      child.process.on('message', (message: FromLoad) => {
        if (message.kind === 'progress') this.#progress[number] = message.progress;
        if (message.kind === 'finished') resolve(message.result);
      });
      void child.ended.then((how) => {
        const words = child
          .lastLines()
          .slice(-5)
          .map((line) => `\n  ${line}`);
        reject(new DemoFailure(`a load process ended early (${how})${words.join('')}`));
      });
      tell(child, { kind: 'begin', part: this.#parts[number] as RushPart });
    });
  }
}

const tell = (child: Child, message: ToLoad) => {
  if (child.process.connected) child.process.send(message);
};

function addCounts(sum: Record<string, number>, part: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(part)) sum[name] = (sum[name] ?? 0) + count;
}

/** Several processes' books as one. */
function together(results: readonly RushResult[]): Crowd {
  const [first, ...rest] = results as [RushResult, ...RushResult[]];
  const latency = new Latency();
  latency.add(first.latency);
  const crowd: Crowd = { ...first, latency };
  for (const part of rest) {
    addCounts(crowd.outcomes, part.outcomes);
    addCounts(crowd.incidents, part.incidents);
    addCounts(crowd.refusals, part.refusals);
    addCounts(crowd.failures, part.failures);
    crowd.confirmed = [...crowd.confirmed, ...part.confirmed];
    addCounts(crowd.confirmedBySecond, part.confirmedBySecond);
    crowd.reservedAtMs = [...crowd.reservedAtMs, ...part.reservedAtMs];
    crowd.lostHolds = [...crowd.lostHolds, ...part.lostHolds];
    latency.add(part.latency);
  }
  return crowd;
}
