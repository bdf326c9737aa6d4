/** How well data are gone after an erasure: the categories of NIST SP 800-88 Rev. 1. */
export type SanitizationCategory = 'clear' | 'purge';

/**
 * The ways in which an agent erases a disk, each with the category that NIST SP 800-88 Rev. 1, Appendix A gives it: an overwrite and the
 * plain ATA SECURITY ERASE UNIT clear a disk, the sanitize commands and the erasure of its media key purge it.
 */
export const ERASE_METHODS = {
  'nvme-sanitize-crypto': { category: 'purge', command: 'NVMe Sanitize, crypto erase' },
  'nvme-sanitize-block': { category: 'purge', command: 'NVMe Sanitize, block erase' },
  'nvme-sanitize-overwrite': { category: 'purge', command: 'NVMe Sanitize, overwrite' },
  'nvme-format-crypto': { category: 'purge', command: 'NVMe Format NVM, cryptographic erase' },
  'nvme-format-user-data': { category: 'clear', command: 'NVMe Format NVM, user data erase' },
  'ata-sanitize-crypto': { category: 'purge', command: 'ATA CRYPTO SCRAMBLE EXT' },
  'ata-sanitize-block': { category: 'purge', command: 'ATA BLOCK ERASE EXT' },
  'ata-sanitize-overwrite': { category: 'purge', command: 'ATA OVERWRITE EXT' },
  'ata-secure-erase-enhanced': { category: 'purge', command: 'ATA SECURITY ERASE UNIT, enhanced' },
  'ata-secure-erase': { category: 'clear', command: 'ATA SECURITY ERASE UNIT' },
  'scsi-sanitize-crypto': { category: 'purge', command: 'SCSI SANITIZE, cryptographic erase' },
  'scsi-sanitize-block': { category: 'purge', command: 'SCSI SANITIZE, block erase' },
  'scsi-sanitize-overwrite': { category: 'purge', command: 'SCSI SANITIZE, overwrite' },
  overwrite: { category: 'clear', command: 'overwrite of every addressable block with zeros' },
} as const satisfies Record<string, { category: SanitizationCategory; command: string }>;

export type EraseMethod = keyof typeof ERASE_METHODS;

export function isEraseMethod(value: unknown): value is EraseMethod {
  return typeof value === 'string' && Object.hasOwn(ERASE_METHODS, value);
}
