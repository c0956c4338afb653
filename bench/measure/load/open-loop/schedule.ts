import { encoded, microsecondHistogram, msAt } from '../histogram.ts';
import { HttpWire, requestText } from '../http-wire.ts';
import { watchMachine } from '../machine-share.ts';

export interface OpenLoop {
  origin: string;
  /** `POST` where it is left out. */
  method?: 'GET' | 'POST';
  path: string;
  body: string;
  /** After the last buyer the first one comes again. Otherwise no buyer comes twice. */
  again?: boolean;
  tokens: readonly string[];
  connections: number;
  perSecond: number;
  seconds: number;
}

export interface OpenLoopResult {
  /** Answers by status; 0 stands for a connection that ended. */
  statuses: Record<string, number>;
  perSecond: number;
  /** In ms, from when a request was due, not from when a connection was free for it. */
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
  /** Of the whole round, as `decoded` reads it. */
  histogram: string;
  /**
   * By how much the generator itself was late, in ms at p99: from when a request was due and a connection free
   * for it to when it was sent. It is part of the latencies, and no doing of the system.
   */
  lateP99Ms: number;
  /** Share of one core that the generator used, while requests were sent. */
  generatorShare: number;
  /** Share of all cores that were busy meanwhile. */
  machineShare: number;
  /** Numbers of the requests that were answered 503: whoever comes again is one of them. */
  overloaded: number[];
}

/** Timers have this grain. Spinning until a request is due would take a core from the system that is measured. */
const tickMs = 1;

/**
 * Requests at a fixed rate, whatever became of the ones before: people do not wait for each other. Time is
 * counted from when each was due, so a stall counts for all who came meanwhile (coordinated omission).
 * Throws where nothing would be asked, or some would have to come twice.
 */
export async function openLoop(setting: OpenLoop): Promise<OpenLoopResult> {
  const { origin, method = 'POST', path, body, tokens, again = false, perSecond, seconds } = setting;
  const count = Math.floor(perSecond * seconds);
  if (count < 1) throw new RangeError(`${perSecond} a second for ${seconds} s are no requests`);
  if (setting.connections < 1) throw new RangeError('requests need a connection');
  if (!again && count > tokens.length) throw new RangeError(`${count} requests need as many buyers`);
  const text = requestText({ method, path, body });
  const free = await Promise.all(Array.from({ length: setting.connections }, () => HttpWire.open(origin)));
  const wires = [...free];
  const histogram = microsecondHistogram();
  const lateness = microsecondHistogram();
  const statuses: Record<string, number> = {};
  const overloaded: number[] = [];
  const cpuBefore = process.cpuUsage();
  const machine = watchMachine();
  const startMs = performance.now() + 20;
  const dueMs = (number: number) => startMs + (number * 1000) / perSecond;
  let sent = 0;
  let answered = 0;
  /** Since when there has been a connection that nobody uses. */
  let freeSinceMs = startMs;
  const ended = await new Promise<number>((resolve) => {
    const sendDue = () => {
      const nowMs = performance.now();
      while (sent < count && free.length > 0 && dueMs(sent) <= nowMs) {
        lateness.recordValue(microseconds(nowMs - Math.max(dueMs(sent), freeSinceMs)));
        send(sent++);
      }
    };
    const send = (number: number) => {
      const wire = free.pop() as HttpWire;
      wire.send(text, tokens[number % tokens.length] as string, (status) => {
        const nowMs = performance.now();
        histogram.recordValue(microseconds(nowMs - dueMs(number)));
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 503) overloaded.push(number);
        answered += 1;
        if (free.length === 0) freeSinceMs = nowMs;
        free.push(wire);
        if (answered === count) resolve(nowMs);
        else sendDue();
      });
    };
    const pace = () => {
      sendDue();
      if (sent < count) setTimeout(pace, tickMs);
    };
    pace();
  });
  const passedSeconds = (ended - startMs) / 1000;
  for (const wire of wires) wire.close();
  return {
    statuses,
    perSecond: count / passedSeconds,
    p50Ms: msAt(histogram, 50),
    p95Ms: msAt(histogram, 95),
    p99Ms: msAt(histogram, 99),
    p999Ms: msAt(histogram, 99.9),
    maxMs: histogram.maxValue / 1000,
    histogram: encoded(histogram),
    lateP99Ms: msAt(lateness, 99),
    generatorShare: cpuSecondsSince(cpuBefore) / passedSeconds,
    machineShare: machine(),
    overloaded,
  };
}

const microseconds = (ms: number): number => Math.max(1, Math.round(ms * 1000));

function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}
