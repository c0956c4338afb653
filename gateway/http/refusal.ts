import { problemOf, type Refusal } from '../../engine/contracts/errors.ts';
import { codingField } from './request-headers.ts';
import type { Reply } from './route.ts';

export const problemType = 'application/problem+json';

/** Tells a refusal from the value that was hoped for. */
export const isRefusal = (value: object): value is Refusal => 'kind' in value && value.kind === 'refused';

/** The problem object of a refusal as an HTTP answer, with the headers that its status asks for. */
export function refusalReply(refusal: Refusal, requestId: string): Reply & { status: number } {
  const problem = problemOf(refusal, requestId);
  const headers: Record<string, string> = { 'Content-Type': problemType };
  if (refusal.retryAfterSeconds !== undefined) {
    headers['Retry-After'] = String(Math.max(1, Math.ceil(refusal.retryAfterSeconds)));
  } else if (problem.status === 503) {
    headers['Retry-After'] = '2';
  }
  // RFC 7694: only where the coding is what was not taken.
  if (problem.status === 415 && refusal.field === codingField) headers['Accept-Encoding'] = 'identity';
  if (problem.status === 401) headers['WWW-Authenticate'] = challengeOf(refusal);
  return { status: problem.status, body: problem, headers };
}

/** RFC 6750: a request that carried no token is told no error, only what to bring. */
function challengeOf({ code, detail }: Refusal): string {
  const realm = 'Bearer realm="doorbuster"';
  if (code === 'unauthenticated' && detail?.startsWith('Send ')) return realm;
  const description = (detail ?? 'The token has expired').replaceAll(/["\\]/g, "'");
  return `${realm}, error="invalid_token", error_description="${description}"`;
}
