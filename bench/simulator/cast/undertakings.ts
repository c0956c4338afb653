import type { Facts } from '../checks/facts.ts';
import type { Words } from '../checks/words.ts';
import type { Process } from '../runtime/tasks.ts';
import type { Decision } from '../schedule/decision.ts';
import type { Buyer } from './buyer.ts';
import type { Cast } from './cast.ts';
import { operatorActOf } from './operator-acts.ts';
import { visitOf } from './visits.ts';

/** Something that a program of the cast is about to do. */
export interface Undertaking {
  /** How a schedule names it. */
  number: number;
  name: string;
  process: Process;
  /** Resolves with how it ended, for the story. */
  does: () => Promise<string>;
}

interface Scene {
  cast: Cast;
  buyers: readonly Buyer[];
  words: Words;
  facts: Facts;
}

const done = (does: () => Promise<unknown>) => async () => {
  await does();
  return 'done';
};

/** What a decision lets somebody begin; null where nobody has anything to do, or it is no such decision. */
export function undertakingOf(decision: Decision, { cast, buyers, words, facts }: Scene): Undertaking | null {
  if (decision.kind === 'visit') {
    const { task, visit } = decision;
    const gateway = cast.gateways[decision.gateway];
    const buyer = buyers[decision.buyer];
    if (!gateway || !buyer) return null;
    const does = visitOf(visit, { gateway, buyer, words, key: `key-${task}` });
    return does && { number: task, name: `${buyer.id} ${visit.does}`, process: gateway.process, does };
  }
  if (decision.kind === 'tick') {
    const gateway = cast.gateways[decision.gateway];
    if (!gateway) return null;
    const does = done(() => gateway.engine.runOnce());
    return { number: decision.task, name: 'tick', process: gateway.process, does };
  }
  if (decision.kind === 'hear') {
    const gateway = cast.gateways[decision.gateway];
    const unheard = cast.unheard[decision.gateway]?.splice(0) ?? [];
    if (!gateway || unheard.length === 0) return null;
    const does = done(async () => {
      for (const { channel, message } of unheard) gateway.engine.hear(channel, message);
    });
    return { number: decision.task, name: 'hear', process: gateway.process, does };
  }
  if (decision.kind === 'job') {
    const worker = cast.workers[decision.worker];
    const job = worker && cast.jobs.take(decision.which, decision.stays);
    if (!job) return null;
    const does = async () => {
      const { work } = worker;
      const outcome = job.kind === 'follow' ? await work.follow(job.id) : await work.refund(job.id);
      if (outcome.kind === 'done') return 'done';
      if (outcome.kind === 'open') cast.jobs.add(job);
      return outcome.reason;
    };
    return { number: decision.task, name: `${job.kind} ${job.id}`, process: worker.process, does };
  }
  if (decision.kind === 'pass') {
    const worker = cast.workers[decision.worker];
    const pass = worker?.work.passes.find(([name]) => name === decision.pass);
    if (!worker || !pass) return null;
    return {
      ...{ number: decision.task, name: `pass ${decision.pass}` },
      ...{ process: worker.process, does: done(pass[2]) },
    };
  }
  if (decision.kind === 'operate') {
    const { task, act } = decision;
    const does = operatorActOf(act, cast.operator, facts, `key-${task}`);
    return does && { number: task, name: act.does, process: cast.operator.process, does };
  }
  return null;
}
