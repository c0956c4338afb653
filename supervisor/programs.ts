import { join } from 'node:path';
import type { Settings } from '../engine/contracts/settings.ts';
import { bareEnvironment, childEnvironment } from './child-environment.ts';
import type { DataDirectory } from './data-directory/open.ts';
import { KeptProcess } from './processes/kept-process.ts';
import { startNodeProgram } from './processes/node-program.ts';
import type { Tiers } from './processes/tiers.ts';

export interface Programs {
  gateway: URL;
  operator: URL;
  worker: URL;
  provider: URL;
}

/** The programs that the supervisor starts, each a process of its own. */
export const programs: Programs = {
  gateway: new URL('../gateway/main.ts', import.meta.url),
  operator: new URL('../gateway/operator/main.ts', import.meta.url),
  worker: new URL('../persistence/main.ts', import.meta.url),
  provider: new URL('../bench/psp/main.ts', import.meta.url),
};

export interface ProgramSurroundings {
  programs: Programs;
  directory: DataDirectory;
  tiers: Tiers;
  warn: (line: string) => void;
}

/**
 * Starts the simulated payment provider on that loopback port; it tells the gateways what happens there, and keeps
 * its books in the data directory, because the orders that it was paid for outlast it, too.
 */
export function startProvider(
  settings: Settings,
  port: number,
  publicUrl: string,
  surroundings: ProgramSurroundings,
): KeptProcess {
  const { PROVIDER_NAME, PROVIDER_WEBHOOK_SECRET, LOG_LEVEL } = settings;
  const env = {
    ...bareEnvironment(),
    PROVIDER_PORT: String(port),
    PROVIDER_DATA_DIR: join(surroundings.directory.path, 'provider'),
    ...(PROVIDER_WEBHOOK_SECRET
      ? {
          PROVIDER_WEBHOOK_URL: `${publicUrl}/api/v1/webhooks/payments/${PROVIDER_NAME}`,
          PROVIDER_WEBHOOK_SECRET,
        }
      : {}),
    LOG_LEVEL,
  };
  return start('provider', 'provider', surroundings.programs.provider, env, surroundings);
}

/** Starts the workers, the operator plane and the gateways. */
export function startPlanes(settings: Settings, surroundings: ProgramSurroundings): KeptProcess[] {
  const env = childEnvironment(settings);
  const { gateway, operator, worker } = surroundings.programs;
  return [
    ...named('worker', settings.WORKERS).map((name) => start(name, 'workers', worker, env, surroundings)),
    start('operator', 'doors', operator, env, surroundings),
    ...named('gateway', settings.GATEWAYS).map((name) => start(name, 'doors', gateway, env, surroundings)),
  ];
}

const named = (name: string, count: number): string[] =>
  count === 1 ? [name] : Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);

function start(
  name: string,
  tier: Parameters<Tiers['add']>[0],
  script: URL,
  env: Record<string, string | undefined>,
  { directory, tiers, warn }: ProgramSurroundings,
): KeptProcess {
  const logFile = directory.logFile(name);
  const onWarning = (line: string) => warn(`${name}: ${line}`);
  const program = { name, script, env, logFile, onWarning };
  return tiers.add(tier, new KeptProcess(name, () => startNodeProgram(program), warn));
}
