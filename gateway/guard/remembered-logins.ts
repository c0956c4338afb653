import type { Authenticate, Principal } from './authentication.ts';
import { hashOf } from './key-hash.ts';

/** A token whose key was withdrawn may log in for so long; a buyer who polls asks many times within it. */
const rememberedMsMax = 60_000;

/** A login is forgotten once so many came after it. */
const rememberedMax = 20_000;

/** Longer tokens than any identity provider issues are verified each time. */
const tokenLengthMax = 2_048;

/** Tokens are told apart by the end of their signature; whether it is the same token is then looked at in full. */
const hashedLength = 16;

/** Logins in a set: a new one becomes its first, and pushes the last one out. Room for those above, and half as many more. */
const ways = 4;
const sets = 8_192;

interface Login {
  token: string;
  principal: Principal;
  untilMs: number;
  /** How many were remembered before it. */
  number: number;
}

/**
 * Verifies a token once, and not again as long as it lasts, at most a minute: a login costs a seventh of a
 * reservation (profile of the gateway under load), and whoever waits polls with the same token. Only good
 * tokens are remembered, so forged ones push nobody out.
 *
 * A table of a fixed size whose hashes lie apart from the logins: a token that comes for the first time, as
 * most do in a rush, costs one look at the memory. Maps with whole tokens as keys took half as long again (docs/adr/0014).
 */
export function rememberingLogins(authenticate: Authenticate): Authenticate {
  const hashes = new Int32Array(sets * ways);
  const logins: (Login | undefined)[] = new Array(sets * ways).fill(undefined);
  let count = 0;

  const remember = (token: string, caller: Awaited<ReturnType<Authenticate>>) => {
    if (caller.kind === 'principal' && token.length <= tokenLengthMax) {
      const { first, second } = hashOf(token, token.length - hashedLength);
      const set = (first & (sets - 1)) * ways;
      hashes.copyWithin(set + 1, set, set + ways - 1);
      logins.copyWithin(set + 1, set, set + ways - 1);
      hashes[set] = second;
      const untilMs = Math.min(caller.expiresAtMs, Date.now() + rememberedMsMax);
      logins[set] = { token, principal: caller, untilMs, number: count };
      count += 1;
    }
    return caller;
  };

  const recall = (token: string): Principal | null => {
    const { first, second } = hashOf(token, token.length - hashedLength);
    const set = (first & (sets - 1)) * ways;
    for (let at = set; at < set + ways; at += 1) {
      if (hashes[at] !== second) continue;
      const login = logins[at];
      if (!login || login.token !== token || count - login.number > rememberedMax) continue;
      if (Date.now() < login.untilMs) return login.principal;
    }
    return null;
  };

  return (token) => {
    const known = recall(token);
    if (known) return known;
    const caller = authenticate(token);
    return 'then' in caller ? caller.then((settled) => remember(token, settled)) : remember(token, caller);
  };
}
