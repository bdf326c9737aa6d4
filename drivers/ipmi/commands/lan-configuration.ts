import { getConfiguration, setConfiguration } from './configuration.ts';

/** LAN configuration parameters. IPMI v2.0 table 23-4 */
export const LAN_PARAMETER = {
  setInProgress: 0,
  address: 3,
  source: 4,
  mac: 5,
  netmask: 6,
  gateway: 12,
  vlan: 20,
} as const;

/** Values of `source`. */
export const LAN_SOURCE = { static: 1, dhcp: 2 } as const;
export const VLAN_ENABLED = 0x8000;

/** IPMI v2.0 23.2 */
export const getLanConfiguration = getConfiguration('LAN', 0x02);

/** IPMI v2.0 23.1 */
export const setLanConfiguration = setConfiguration('LAN', 0x01);
