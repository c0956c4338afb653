import Type from 'typebox';
import type { Refusal } from '../../engine/contracts/errors.ts';
import type { Page } from '../../engine/contracts/page.ts';
import { andThen, type Soon } from '../../engine/contracts/soon.ts';
import { isRefusal } from '../http/refusal.ts';
import type { Reply } from '../http/route.ts';

/** What every list takes. */
export const PageQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'entries, 20 without it' })),
  cursor: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,512}$',
      description: '`nextCursor` of the page before',
    }),
  ),
});

/** Asks a list for the page that a query names. */
export function pageReply(
  { limit = 20, cursor }: Type.Static<typeof PageQuery>,
  list: (limit: number, cursor: string | null) => Soon<Page<unknown> | Refusal>,
): Soon<Reply | Refusal> {
  return andThen(list(limit, cursor ?? null), (page) =>
    isRefusal(page) ? page : { status: 200, body: page },
  );
}
