import { withoutSettings } from '../without-settings.ts';
import { BenchFailure } from './failure.ts';
import type { Options, Subject } from './subject.ts';

const answersWithinMs = 10_000;

/**
 * The system of `--against`: nothing is known of its processes and stores. Throws `BenchFailure` where there is
 * no secret to sign its tokens with, or one of its planes does not answer.
 */
export async function remoteSubject(
  { origin, operatorOrigin }: NonNullable<Options['against']>,
  authSecret: string | undefined,
  directory: string,
): Promise<Subject> {
  if (!authSecret) throw new BenchFailure('--against takes AUTH_SECRET of that system');
  await answering(`${origin}/readyz`);
  await answering(`${operatorOrigin}/healthz`);
  return {
    isOurs: false,
    redisUrl: '',
    origin,
    operatorOrigin,
    authSecret,
    directory,
    environment: withoutSettings(process.env),
    workerPids: () => [],
    gatewayPids: () => [],
    processes: () => [],
  };
}

async function answering(url: string): Promise<void> {
  let status: number;
  try {
    ({ status } = await fetch(url, { signal: AbortSignal.timeout(answersWithinMs) }));
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new BenchFailure(`${url} does not answer: ${cause?.message || message}`);
  }
  if (status !== 200) throw new BenchFailure(`${url} was answered ${status}`);
}
