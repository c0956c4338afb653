/**
 * The last character of a base64url signature carries bits that decoding drops: of 32 bytes two, of 64
 * bytes four. A token that differs there alone would verify, and two spellings of one token are one
 * too many, so only the canonical one is taken.
 */
export function hasCanonicalSignature(token: string): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  if (signature.length === 43) return /[AEIMQUYcgkosw048]$/.test(signature);
  if (signature.length === 86) return /[AQgw]$/.test(signature);
  return signature.length > 0 && Buffer.from(signature, 'base64url').toString('base64url') === signature;
}
