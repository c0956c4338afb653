import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { derivedKey } from '../../engine/contracts/derived-key.ts';
import type { PublicJwk } from '../../engine/contracts/ports.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** An Ed25519 key as its row has it. */
export interface StoredKey {
  kid: string;
  /** 32 bytes. */
  publicKey: Buffer;
  /** Nonce, ciphertext and tag of AES-256-GCM; bound to the kid, so no row's secret opens in another row. */
  sealedPrivateKey: Buffer;
}

const sealingKey = (tokenSecret: string) => Buffer.from(derivedKey(tokenSecret, 'signing-keys'), 'hex');

/** RFC 7638 over the required members of an RFC 8037 key. */
const thumbprintOf = (x: string): string =>
  createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');

/** A new key, its private half sealed at once. */
export function newKey(tokenSecret: string): StoredKey {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const kid = thumbprintOf(x);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(tokenSecret), nonce).setAAD(Buffer.from(kid));
  const sealed = [nonce, cipher.update(Buffer.from(d, 'base64url')), cipher.final(), cipher.getAuthTag()];
  return { kid, publicKey: Buffer.from(x, 'base64url'), sealedPrivateKey: Buffer.concat(sealed) };
}

/** The private half as PEM, or null where it was sealed under another TOKEN_SECRET, or altered. */
export function openPrivateKey(
  tokenSecret: string,
  { kid, publicKey, sealedPrivateKey }: StoredKey,
): string | null {
  const nonce = sealedPrivateKey.subarray(0, nonceBytes);
  const tag = sealedPrivateKey.subarray(-tagBytes);
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(tokenSecret), nonce, {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(kid)).setAuthTag(tag);
  let d: Buffer;
  try {
    d = Buffer.concat([decipher.update(sealedPrivateKey.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    return null;
  }
  const key = { ...okp(publicKey), d: d.toString('base64url') };
  return createPrivateKey({ key, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }).toString();
}

const okp = (publicKey: Buffer) =>
  ({ kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }) as const;

/** The public half as PEM. */
export const publicPemOf = ({ publicKey }: Pick<StoredKey, 'publicKey'>): string =>
  createPublicKey({ key: okp(publicKey), format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString();

/** The public half as the world gets it. */
export const jwkOf = ({ kid, publicKey }: Pick<StoredKey, 'kid' | 'publicKey'>): PublicJwk => ({
  ...okp(publicKey),
  kid,
  alg: 'EdDSA',
  use: 'sig',
});
