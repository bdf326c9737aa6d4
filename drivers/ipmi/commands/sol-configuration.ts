import { getConfiguration, setConfiguration } from './configuration.ts';

/** SOL configuration parameters. IPMI v2.0 table 26-5 */
export const SOL_PARAMETER = {
  setInProgress: 0,
  enable: 1,
  /** Forced encryption and authentication, and the least privilege level. */
  authentication: 2,
  /** How long characters are gathered, and how many. */
  accumulation: 3,
  /** Retries, and 10 ms between them. */
  retry: 4,
  /** Bit rates that outlive a restart and that do not: 6 is 9600 bit/s, 10 is 115200. */
  bitRate: 5,
  volatileBitRate: 6,
  channel: 7,
  port: 8,
} as const;

/** Of `authentication`. */
export const SOL_AUTHENTICATION = { forceEncryption: 0x80, forceAuthentication: 0x40 } as const;

/** IPMI v2.0 26.3 */
export const getSolConfiguration = getConfiguration('SOL', 0x22);

/** IPMI v2.0 26.2 */
export const setSolConfiguration = setConfiguration('SOL', 0x21);
