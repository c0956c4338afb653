import { randomBytes } from 'node:crypto';
import { readSettings, type Settings } from '../../engine/contracts/settings.ts';
import { BenchFailure } from './failure.ts';

/**
 * Of the system that the bench starts: decided here, all of them. Nothing of the environment is among them,
 * so stores, provider and mail server are its own whatever is exported.
 */
export function ownSettings(decided: {
  port: number;
  operatorPort: number;
  dataDirectory: string;
}): Settings {
  const read = readSettings({
    LOG_LEVEL: 'warn',
    AUTH_SECRET: randomBytes(32).toString('hex'),
    TOKEN_SECRET: randomBytes(32).toString('hex'),
    // The doors that are started beside it are given its stores by URL: then it has to be said.
    RATE_EXEMPT_LOOPBACK: 'on',
    PORT: String(decided.port),
    HOST: '127.0.0.1',
    OPERATOR_PORT: String(decided.operatorPort),
    OPERATOR_HOST: '127.0.0.1',
    DATA_DIR: decided.dataDirectory,
  });
  if (read.kind === 'invalid') throw new BenchFailure(read.problems.join('\n'));
  return read.settings;
}
