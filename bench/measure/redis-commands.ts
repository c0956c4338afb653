/** Asking for these is ours. */
const ownCommands = new Set([
  'info',
  'auth',
  'hello',
  'client',
  'client|setname',
  'client|setinfo',
  'command',
]);

/** Calls of all commands but our own, between two looks at INFO commandstats. */
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
