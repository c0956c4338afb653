import { encoded, microsecondHistogram, msAt } from '../histogram.ts';
import { HttpWire, requestText } from '../http-wire.ts';

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
  /** What the generator used itself, while requests were sent. */
  cpuSeconds: number;
}

/**
 * Requests at a fixed rate, whatever became of the ones before: people do not wait for each other. Time is
 * counted from when each was due, so a stall counts for all who came meanwhile (coordinated omission).
 */
export async function openLoop(setting: OpenLoop): Promise<OpenLoopResult> {
  const { origin, method = 'POST', path, body, tokens, again = false, perSecond, seconds } = setting;
  const text = requestText({ method, path, body });
  const free = await Promise.all(Array.from({ length: setting.connections }, () => HttpWire.open(origin)));
  const wires = [...free];
  const histogram = microsecondHistogram();
  const statuses: Record<string, number> = {};
  const count = Math.floor(perSecond * seconds);
  if (!again && count > tokens.length) throw new RangeError(`${count} requests need as many buyers`);
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now() + 20;
  const dueMs = (number: number) => startMs + (number * 1000) / perSecond;
  let sent = 0;
  let answered = 0;
  const ended = await new Promise<number>((resolve) => {
    const sendDue = () => {
      const nowMs = performance.now();
      while (sent < count && free.length > 0 && dueMs(sent) <= nowMs) send(sent++);
    };
    const send = (number: number) => {
      const wire = free.pop() as HttpWire;
      wire.send(text, tokens[number % tokens.length] as string, (status) => {
        const nowMs = performance.now();
        histogram.recordValue(Math.max(1, Math.round((nowMs - dueMs(number)) * 1000)));
        statuses[status] = (statuses[status] ?? 0) + 1;
        answered += 1;
        free.push(wire);
        if (answered === count) resolve(nowMs);
      });
    };
    const pace = () => {
      sendDue();
      if (answered < count) {
        // Timers have a grain of 1 ms; close to the next one that is due, turns of the event loop are counted.
        if (dueMs(sent) - performance.now() > 2) setTimeout(pace, 1);
        else setImmediate(pace);
      }
    };
    pace();
  });
  for (const wire of wires) wire.close();
  return {
    statuses,
    perSecond: (count * 1000) / (ended - startMs),
    p50Ms: msAt(histogram, 50),
    p95Ms: msAt(histogram, 95),
    p99Ms: msAt(histogram, 99),
    p999Ms: msAt(histogram, 99.9),
    maxMs: histogram.maxValue / 1000,
    histogram: encoded(histogram),
    cpuSeconds: cpuSecondsSince(cpuBefore),
  };
}

function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}
