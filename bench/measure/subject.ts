import type { Threshold } from './threshold.ts';

/** The system that is measured, as main.ts wires it up: running, and with nothing else to do. */
export interface Subject {
  /** False with `--against`: then only its API is known, and what belongs to its processes and stores is empty. */
  isOurs: boolean;
  redisUrl: string;
  /** Of the system's own gateway. */
  origin: string;
  operatorOrigin: string;
  authSecret: string;
  /** For files of a run; removed with it. */
  directory: string;
  /** What a gateway or a worker of this system gets as its environment. */
  environment: NodeJS.ProcessEnv;
  /** Process ids of the workers, which relay the outbox. */
  workerPids(): number[];
  gatewayPids(): number[];
  /** All that belongs to it, by the supervisor's names. */
  processes(): { name: string; pid: number }[];
}

export interface Options {
  scenarios: string[];
  rounds: number;
  seconds: number;
  connections: number;
  generator: 'wrk' | 'autocannon';
  /** Requests a second for open loops; null: half of the maximum that is found first. */
  rate: number | null;
  watchers: number;
  /** Of a herd, and of each round of whole purchases. */
  buyers: number;
  isLarge: boolean;
  thresholds: Threshold[];
  /** A system that runs already; null: one is started. */
  against: { origin: string; operatorOrigin: string } | null;
  /** Two earlier runs to compare, instead of measuring. */
  compare: [string, string] | null;
  /** In here each run makes a folder of its own. */
  results: string;
  json: string | null;
  /** Where a profile of the gateway under load is kept; null: none is taken. */
  profile: string | null;
  /** What is said before the run. */
  notes: string[];
}
