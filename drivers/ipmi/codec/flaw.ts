/**
 * What a decoder says about bytes that it does not accept. Decoders never throw and never allocate to refuse: they
 * return either the decoded value (an object) or one of these words, which is also the reason that a drop is counted by.
 */
export type Flaw =
  | 'truncated'
  | 'oversized'
  | 'malformed'
  | 'bad-checksum'
  | 'bad-padding'
  | 'bad-mac'
  | 'unsupported';

/** True when a decoder refused its input. */
export function isFlaw(decoded: unknown): decoded is Flaw {
  return typeof decoded === 'string';
}
