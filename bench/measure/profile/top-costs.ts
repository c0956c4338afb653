/** As V8 writes it. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
}

export interface Cost {
  /** `function file:line`. */
  where: string;
  /** Of the time in which the process did something, not counting what it called. */
  share: number;
}

/** Functions by the time spent in themselves, the costliest first. Idle time is no cost. */
export function topCosts({ nodes, samples }: CpuProfile, count: number): Cost[] {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const hits = new Map<string, number>();
  let busy = 0;
  for (const id of samples) {
    const where = places.get(id) ?? '(unknown)';
    if (where === '(idle)') continue;
    busy += 1;
    hits.set(where, (hits.get(where) ?? 0) + 1);
  }
  return [...hits]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([where, hit]) => ({ where, share: hit / busy }));
}

function placeOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName || '(anonymous)';
  if (url === '') return name;
  const file = url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/node_modules\//, '')
    .replace(`${process.cwd()}/`, '');
  // TypeScript runs as one long line: its number would say nothing.
  return file.endsWith('.ts') ? `${name} ${file}` : `${name} ${file}:${lineNumber + 1}`;
}
