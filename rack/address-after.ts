/** The IPv4 address `steps` behind another. */
export function addressAfter(address: string, steps: number): string {
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0) + steps;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
