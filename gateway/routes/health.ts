import Type from 'typebox';
import { refuse } from '../../engine/contracts/errors.ts';
import type { Readiness } from '../../engine/contracts/ports.ts';
import { reply } from '../../engine/contracts/wire/common.ts';
import { lineOf } from '../guard/absence.ts';
import { type Route, route } from '../http/route.ts';
import { sharedCheck } from './shared-check.ts';

/** A part that does not answer in this time is not there. */
const checkMsMax = 2_000;

async function whatIsMissing(part: Readiness): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('does not answer'), checkMsMax);
  });
  try {
    return await Promise.race([part.check(), late]);
  } catch (error) {
    return lineOf(error);
  } finally {
    clearTimeout(timer);
  }
}

interface Missing {
  part: string;
  reason: string;
}

async function whatAllMiss(parts: Readonly<Record<string, Readiness>>): Promise<Missing[]> {
  const looks = Object.entries(parts).map(async ([part, readiness]) => {
    const reason = await whatIsMissing(readiness);
    return reason ? [{ part, reason }] : [];
  });
  return (await Promise.all(looks)).flat();
}

const Alive = reply({ status: Type.Literal('alive') });
const Ready = reply({ status: Type.Literal('ready') });

export function healthRoutes(parts: Readonly<Record<string, Readiness>>): Route[] {
  const tag = 'health';
  // Nobody is limited here, and each look asks both stores.
  const lookAround = sharedCheck(() => whatAllMiss(parts));
  return [
    route({
      method: 'GET',
      path: '/healthz',
      tag,
      summary: 'Whether this process is alive',
      access: 'public',
      isLimited: false,
      replies: { 200: { description: 'alive', schema: Alive } },
      answer: () => ({ status: 200, body: { status: 'alive' } }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      tag,
      summary: 'Whether a sale can be served',
      description:
        '200 only when Redis, Postgres and the workers are there, and a gateway that has just started has the sales; ' +
        'else 503, whose `missing` says what is not.',
      access: 'public',
      isLimited: false,
      replies: { 200: { description: 'ready', schema: Ready } },
      answer: async () => {
        const missing = await lookAround();
        if (missing.length === 0) return { status: 200, body: { status: 'ready' } };
        const detail = missing.map(({ part, reason }) => `${part}: ${reason}`).join('; ');
        return refuse('unavailable', { detail, members: { missing } });
      },
    }),
  ];
}
