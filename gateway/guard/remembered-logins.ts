import type { Authenticate, Principal } from './authentication.ts';
import { Recent } from './recent.ts';

/** A token whose key was withdrawn may log in for so long; a buyer who polls asks many times within it. */
const rememberedMsMax = 60_000;

/** Of tokens, in each of two generations. Longer ones than any identity provider issues are verified each time. */
const rememberedMax = 10_000;
const tokenLengthMax = 2_048;

interface Login {
  principal: Principal;
  untilMs: number;
}

/**
 * Verifies a token once, and not again as long as it lasts, at most a minute: a login costs a seventh of a
 * reservation (profile of the gateway under load), and whoever waits polls with the same token. Only good
 * tokens are remembered, so forged ones push nobody out.
 */
export function rememberingLogins(authenticate: Authenticate): Authenticate {
  const logins = new Recent<string, Login>();
  const remember = (token: string, caller: Awaited<ReturnType<Authenticate>>) => {
    if (caller.kind === 'principal' && token.length <= tokenLengthMax) {
      if (logins.youngCount >= rememberedMax) logins.turn();
      const untilMs = Math.min(caller.expiresAtMs, Date.now() + rememberedMsMax);
      logins.set(token, { principal: caller, untilMs });
    }
    return caller;
  };
  return (token) => {
    const known = logins.get(token);
    if (known && Date.now() < known.untilMs) return known.principal;
    const caller = authenticate(token);
    return 'then' in caller ? caller.then((settled) => remember(token, settled)) : remember(token, caller);
  };
}
