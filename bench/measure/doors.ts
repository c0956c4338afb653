import { join } from 'node:path';
import { type Child, messageOf, startChild } from '../demo/child.ts';
import { freePorts } from '../demo/ports.ts';
import { BenchFailure } from './failure.ts';
import type { Subject } from './subject.ts';

/** What stands in for a part of the gateway. The scoreboard calls each constant decision `door-only`. */
const startFiles = {
  doorbuster: [],
  'door-only': ['bench/baselines/door-only/start.ts'],
  'door-only-room': ['bench/baselines/door-only-room/start.ts'],
  'door-only-sold-out': ['bench/baselines/door-only-sold-out/start.ts'],
  'batch-size': ['bench/baselines/batch-size/start.ts'],
  'evalsha-each': ['bench/baselines/evalsha-each/start.ts'],
} as const;

export type DoorName = keyof typeof startFiles;

/** A gateway of its own port beside the system's. Subject and opponents are started alike. */
export interface Door {
  name: DoorName;
  origin: string;
  pid: number;
  stop(): Promise<void>;
}

const stopWithinMs = 5_000;

/** Starts that gateway on the stores of the system. `env` adds to its settings, `imports` to its start files. */
export async function openDoor(
  subject: Subject,
  name: DoorName,
  { env = {}, imports = [] }: { env?: NodeJS.ProcessEnv; imports?: string[] } = {},
): Promise<Door> {
  const [port] = (await freePorts(1)) as [number];
  const child: Child = startChild('gateway/main.ts', {
    env: { ...subject.environment, PORT: String(port), HOST: '127.0.0.1', GATEWAYS: '1', ...env },
    logFile: join(subject.directory, `${name}.log`),
    imports: ['supervisor/processes/end-with-parent.ts', ...startFiles[name], ...imports],
  });
  if (!(await messageOf(child, 'ready'))) {
    throw new BenchFailure(`${name} did not start: ${child.lastLines().slice(-5).join(' ')}`);
  }
  const { pid } = child.process;
  if (pid === undefined) throw new BenchFailure(`${name} has no process id`);
  return { name, origin: `http://127.0.0.1:${port}`, pid, stop: () => child.stop(stopWithinMs) };
}

/** Runs `use` with those gateways open, and closes them whatever comes of it. */
export async function withDoors<Result>(
  subject: Subject,
  names: readonly DoorName[],
  use: (doors: Door[]) => Promise<Result>,
  settings: Parameters<typeof openDoor>[2] = {},
): Promise<Result> {
  const doors: Door[] = [];
  try {
    for (const name of names) doors.push(await openDoor(subject, name, settings));
    return await use(doors);
  } finally {
    await Promise.all(doors.map((door) => door.stop()));
  }
}
