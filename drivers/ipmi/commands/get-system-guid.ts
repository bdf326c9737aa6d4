import { type Command, emptyRequest, NETFN, type Nothing } from './command.ts';

/** IPMI v2.0 22.14. 16 bytes as sent; BMCs disagree on their order. */
export const getSystemGuid: Command<Nothing, { guid: Uint8Array }> = {
  name: 'Get System GUID',
  netfn: NETFN.app,
  cmd: 0x37,
  privilege: null,
  repeatable: true,
  ...emptyRequest,
  encodeResponse: ({ guid }) => guid,
  decodeResponse: (data) => (data.length < 16 ? 'truncated' : { guid: data.subarray(0, 16) }),
};

/**
 * The GUID in text as SMBIOS and RFC 4122 write it: BMCs send the fields from the last to the first. IPMI v2.0 20.8
 */
export function formatGuid(guid: Uint8Array): string {
  const hex = Buffer.from(guid).reverse().toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
