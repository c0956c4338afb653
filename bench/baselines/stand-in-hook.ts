/** The half of stand-in.ts that runs in the thread of node's module loader. */
interface Resolved {
  url: string;
}

const replacements = new Map<string, string>();

export function initialize({ original, replacement }: { original: string; replacement: string }): void {
  replacements.set(original, replacement);
}

export async function resolve(
  specifier: string,
  context: { parentURL?: string },
  nextResolve: (specifier: string, context: object) => Promise<Resolved>,
): Promise<Resolved> {
  const resolved = await nextResolve(specifier, context);
  const replacement = replacements.get(withoutQuery(resolved.url));
  const isAskedByReplacement =
    replacement !== undefined && withoutQuery(context.parentURL ?? '') === replacement;
  return replacement === undefined || isAskedByReplacement ? resolved : { ...resolved, url: replacement };
}

const withoutQuery = (url: string): string => url.replace(/[?#].*$/, '');
