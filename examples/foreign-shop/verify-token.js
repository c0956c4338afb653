// A foreign shop's side of a Doorbuster sale: says, offline, whether a purchase token entitles its bearer.
//
//   node verify-token.js --keys jwks.json --sale <saleId> --buyer <buyerId> < token.txt
//
// Prints what the token grants and exits with 0, or prints why not and exits with 1. A token of an unknown
// key exits with 3: the saved keys are older than the token, save them again and repeat.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';

const { values } = parseArgs({
  options: { keys: { type: 'string' }, sale: { type: 'string' }, buyer: { type: 'string' } },
});
const { keys, sale, buyer } = values;
if (!keys || !sale || !buyer) {
  console.error('usage: node verify-token.js --keys jwks.json --sale <saleId> --buyer <buyerId> < token.txt');
  process.exit(2);
}

const jwks = createLocalJWKSet(JSON.parse(readFileSync(keys, 'utf8')));
const token = readFileSync(0, 'utf8').trim();

try {
  const { payload } = await jwtVerify(token, jwks, {
    // Never the token's own word for it: a public key must not be taken for an HS256 secret.
    algorithms: ['EdDSA'],
    requiredClaims: ['typ', 'sub', 'sale', 'rsv', 'items', 'total', 'exp', 'epoch'],
    // The shop's clock may be a little off. After exp the units may be somebody else's.
    clockTolerance: 5,
  });
  if (payload.typ !== 'purchase') refuse(`it is no purchase token but "${payload.typ}"`);
  if (payload.sale !== sale) refuse(`it is of the sale "${payload.sale}"`);
  if (payload.sub !== buyer) refuse('it belongs to another buyer');
  const { rsv: reservation, items, total, exp } = payload;
  const until = new Date(exp * 1000).toISOString();
  console.log(JSON.stringify({ valid: true, reservation, items, total, until }, null, 2));
} catch (error) {
  if (error instanceof errors.JWKSNoMatchingKey) {
    refuse('no saved key has signed it; save the keys again, and repeat', 3);
  }
  if (error instanceof errors.JWTExpired) refuse('it has expired');
  if (error instanceof errors.JOSEError) refuse(error.message);
  throw error;
}

function refuse(why, code = 1) {
  console.log(JSON.stringify({ valid: false, why }, null, 2));
  process.exit(code);
}
