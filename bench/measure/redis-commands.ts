/** Connecting is ours; INFO is told apart by `RedisCli`, because scripts call it, too. */
const ownCommands = new Set(['auth', 'hello', 'client', 'client|setname', 'client|setinfo', 'command']);

/** Calls of all commands but our own, between two looks by `RedisCli.commandCalls`. */
export function callsBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): number {
  let calls = 0;
  for (const [name, count] of after) {
    if (!ownCommands.has(name)) calls += count - (before.get(name) ?? 0);
  }
  return calls;
}

/** Calls by command in the fields of INFO commandstats, without so many of INFO that were asked by the bench. */
export function callsIn(stats: ReadonlyMap<string, string>, ownInfos: number): Map<string, number> {
  const calls = new Map<string, number>();
  for (const [field, text] of stats) {
    const name = field.replace('cmdstat_', '');
    const count = Number(/calls=(\d+)/.exec(text)?.[1] ?? 0);
    calls.set(name, name === 'info' ? count - ownInfos : count);
  }
  return calls;
}
