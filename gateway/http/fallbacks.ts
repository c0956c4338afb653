import { refuse } from '../../engine/contracts/errors.ts';
import { refusalReply } from './refusal.ts';
import { type Route, route } from './route.ts';

export interface Fallback {
  /** As OpenAPI spells it; `/*` is whatever nothing else matched. */
  path: string;
  method: 'any' | 'options';
  row: Route;
}

const nowhere = { tag: 'fallback', access: 'public', replies: {}, method: 'GET' } as const;

/** What answers a path of the table when the method is wrong, and every other path. No origin is let in. */
export function fallbacksOf(routes: readonly Route[]): Fallback[] {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of routes) {
    const taken = methods.get(path) ?? new Set();
    methods.set(path, taken.add(method));
    if (method === 'GET') taken.add('HEAD');
  }
  const fallbacks: Fallback[] = [];
  for (const [path, taken] of methods) {
    const allow = [...taken, 'OPTIONS'].join(', ');
    const detail = `${path} takes ${[...taken].join(', ')}.`;
    fallbacks.push({
      path,
      method: 'options',
      row: route({
        ...nowhere,
        path,
        summary: 'methods',
        answer: () => ({ status: 204, headers: { Allow: allow } }),
      }),
    });
    fallbacks.push({
      path,
      method: 'any',
      row: route({
        ...nowhere,
        path,
        summary: 'method not allowed',
        answer: ({ requestId }) => {
          const reply = refusalReply(refuse('method_not_allowed', { detail }), requestId);
          return { ...reply, headers: { ...reply.headers, Allow: allow } };
        },
      }),
    });
  }
  const row = route({ ...nowhere, path: '/*', summary: 'not found', answer: () => refuse('not_found') });
  return [...fallbacks, { path: '/*', method: 'any', row }];
}
