/** Commands that MONITOR showed, by name. */
export interface Commands {
  /** Sent by clients. */
  sent: Map<string, number>;
  /** Called by scripts. */
  byScripts: Map<string, number>;
}

const line = /^\d+\.\d+ \[\d+ (?<from>[^\]]+)\] "(?<command>[^"]+)"/;

/** Counts the lines of MONITOR; one that was cut off at the end is left out. */
export function countCommands(lines: readonly string[]): Commands {
  const commands: Commands = { sent: new Map(), byScripts: new Map() };
  for (const text of lines) {
    const { from, command } = line.exec(text)?.groups ?? {};
    if (from === undefined || command === undefined) continue;
    const counts = from === 'lua' ? commands.byScripts : commands.sent;
    const name = command.toLowerCase();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return commands;
}

export const totalOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);
