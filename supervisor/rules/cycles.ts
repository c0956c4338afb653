import { importsOf, type SourceFile } from './imports.ts';

/** Every group of files that reach each other by imports that are there when the program runs, sorted. */
export function cyclesIn(files: readonly SourceFile[]): string[][] {
  const graph = new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter(({ isOurs, isTypeOnly }) => isOurs && !isTypeOnly)
        .map(({ target }) => target),
    ]),
  );
  return groupsOf(graph).filter(
    (group) => group.length > 1 || graph.get(group[0] ?? '')?.includes(group[0] ?? ''),
  );
}

/** Strongly connected components, after Tarjan (1972). */
function groupsOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const groups: string[][] = [];
  const visit = (path: string): number => {
    const index = order.size;
    order.set(path, index);
    low.set(path, index);
    stack.push(path);
    for (const target of graph.get(path) ?? []) {
      const reached = order.has(target)
        ? stack.includes(target)
          ? order.get(target)
          : index
        : visit(target);
      low.set(path, Math.min(low.get(path) ?? index, reached ?? index));
    }
    if (low.get(path) === index) groups.push(stack.splice(stack.indexOf(path)).toSorted());
    return low.get(path) ?? index;
  };
  for (const path of graph.keys()) if (!order.has(path)) visit(path);
  return groups;
}
