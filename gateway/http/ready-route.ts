import type Type from 'typebox';
import { type SchemaCheck, schemaCheck } from '../guard/schema.ts';
import { EntityTags } from './entity-tags.ts';
import type { Route } from './route.ts';

/** A route with whatever can be found out about it before the first request. */
export interface ReadyRoute {
  route: Route;
  /** In the order of the path. */
  paramNames: readonly string[];
  asksKey: boolean;
  asksPreference: boolean;
  asksSignature: boolean;
  asksCart: boolean;
  checkBody: SchemaCheck | null;
  isBodyOptional: boolean;
  checkQuery: SchemaCheck | null;
  /** Of replies that caches may keep; null where none may. */
  tags: EntityTags | null;
}

export const readyRoute = (route: Route): ReadyRoute => ({
  route,
  paramNames: [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string),
  asksKey: route.asks.includes('idempotency-key'),
  asksPreference: route.asks.includes('prefer'),
  asksSignature: route.asks.includes('stripe-signature'),
  asksCart: route.asks.includes('x-cart-id'),
  checkBody: route.body ? schemaCheck(route.body) : null,
  isBodyOptional: !route.body?.required?.length,
  checkQuery: route.query ? schemaCheck(route.query) : null,
  tags: route.cacheSeconds === undefined ? null : new EntityTags(),
});

/** The parameters that the schema names, whole numbers as numbers. Others are somebody else's, e.g. a cache's. */
export function queryOf(text: string, schema: Type.TObject): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  if (text === '') return query;
  for (const [name, value] of new URLSearchParams(text)) {
    const property = schema.properties[name] as { type?: string } | undefined;
    if (!property) continue;
    query[name] = property.type === 'integer' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  }
  return query;
}
