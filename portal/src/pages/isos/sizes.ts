const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** A size in GiB, MiB or KiB, with three digits. */
export function sizeText(bytes: number, language: string): string {
  const [unit, size] = bytes >= GIB ? ['GiB', GIB] : bytes >= MIB ? ['MiB', MIB] : ['KiB', 1024];
  const digits = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  return `${digits.format(bytes / (size as number))} ${unit}`;
}
