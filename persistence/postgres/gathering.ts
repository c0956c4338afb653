import { Overloaded } from '../../engine/index.ts';

/** A group of so many tells of a rush. */
const rushFrom = 8;

/** So many have next to nothing left to share. */
const enough = 64;

/** The next group of a rush waits this many times as long as the last one took, and never longer than that. */
const pausePerTaken = 3;
const pauseMsMax = 40;

/** What a gathering that a rush may come to takes in: Redis is asked within the same limits, and so is Postgres. */
export interface Patience {
  /** Items that wait for a group; beyond that one is refused at once instead of queueing without end. */
  waitingMax: number;
  /** How long an item waits for its group, ms, before it is refused: whoever sent it has left. */
  waitMsMax: number;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** How a gathering is limited. */
export interface GatheringOptions<T> {
  /** More than this wait for the next group. */
  sizeMax: number;
  /** Names of what an item changes: two items that share one are never in the same group. */
  namesOf?: (item: T) => readonly string[];
  /** Without it, everybody waits as long as it takes. */
  patience?: Patience;
}

interface Waiting<T, R> {
  item: T;
  untilMs: number;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * One commit for many: whatever arrived while the previous group was under way goes as the next group, in
 * order of arrival. An idle system adds no delay. In a rush the next group waits a little, because most of what
 * a small one costs is the statement and not its rows (docs/adr/0027). `commit` answers each item in order; an
 * `Error` in a place rejects that item alone, and a throw rejects the whole group. An item for which patience ran
 * out is rejected with `Overloaded`, and was in no group.
 */
export function gather<T, R>(
  commit: (items: readonly T[]) => Promise<readonly (R | Error)[]>,
  options: GatheringOptions<T>,
): (item: T) => Promise<R> {
  const { waitingMax, waitMsMax } = options.patience ?? { waitingMax: Infinity, waitMsMax: Infinity };
  let waiting: Waiting<T, R>[] = [];
  let underWay = false;

  /** Those who came first have waited longest. */
  function dismissOverdue() {
    const nowMs = performance.now();
    const inTime = waiting.findIndex(({ untilMs }) => untilMs > nowMs);
    for (const entry of waiting.splice(0, inTime < 0 ? waiting.length : inTime)) {
      entry.reject(new Overloaded('its turn to be committed did not come in time'));
    }
  }

  function nextGroup(): Waiting<T, R>[] {
    dismissOverdue();
    const group: Waiting<T, R>[] = [];
    const later: Waiting<T, R>[] = [];
    const taken = new Set<string>();
    for (const entry of waiting) {
      const names = options.namesOf?.(entry.item) ?? [];
      const free = group.length < options.sizeMax && names.every((name) => !taken.has(name));
      // A name that was passed over stays taken, so that items of one name keep their order.
      for (const name of names) taken.add(name);
      (free ? group : later).push(entry);
    }
    waiting = later;
    return group;
  }

  async function commitGroups() {
    underWay = true;
    // What arrives in the same turn of the event loop belongs together.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = nextGroup();
      const beganMs = performance.now();
      try {
        const results = await commit(group.map((entry) => entry.item));
        group.forEach((entry, at) => {
          const result = results[at];
          if (result instanceof Error) entry.reject(result);
          else entry.resolve(result as R);
        });
      } catch (error) {
        for (const entry of group) entry.reject(error);
      }
      if (group.length >= rushFrom && waiting.length < enough) {
        await pause(Math.min(pausePerTaken * (performance.now() - beganMs), pauseMsMax));
      }
    }
    underWay = false;
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      dismissOverdue();
      if (waiting.length >= waitingMax) {
        reject(new Overloaded('too many wait to be committed'));
        return;
      }
      waiting.push({ item, untilMs: performance.now() + waitMsMax, resolve, reject });
      if (!underWay) void commitGroups();
    });
}
