/** The system that is measured, as main.ts wires it up: running, and with nothing else to do. */
export interface Subject {
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
}

export interface Options {
  scenario: string;
  rounds: number;
  seconds: number;
  connections: number;
  generator: 'wrk' | 'autocannon';
  /** Requests a second for open loops; null: half of the maximum that is found first. */
  rate: number | null;
  watchers: number;
  isLarge: boolean;
  json: string | null;
  /** Where a profile of the gateway under load is kept; null: none is taken. */
  profile: string | null;
}
