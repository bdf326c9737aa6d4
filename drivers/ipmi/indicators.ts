import { DriverError, type Indicator, type IndicatorControl, type IndicatorState } from '../contract.ts';
import { chassisIdentify } from './commands/chassis-identify.ts';
import { getChassisStatus } from './commands/get-chassis-status.ts';
import type { Controller } from './controller.ts';

/** The one lamp that IPMI knows: the chassis' identify lamp. */
const LAMP: Indicator = { component: 'chassis', id: 'identify', readonly: false, states: ['off', 'on'] };

/** Bits of the misc chassis state, IPMI v2.0 28.2: whether the identify state is told, and the state. */
const STATE_TOLD = 0x40;
const STATES: readonly IndicatorState[] = ['off', 'on', 'on', 'unknown'];

/** The identify lamp by Chassis Identify; its state as Get Chassis Status tells it, `unknown` on a BMC that does not. */
export function ipmiIndicators(bmc: Controller): IndicatorControl {
  const refuseOthers = ({ component, id }: Pick<Indicator, 'component' | 'id'>): void => {
    if (component !== LAMP.component || id !== LAMP.id)
      throw new DriverError('rejected', `${bmc.name}: there is no lamp ${id}@${component}.`);
  };
  return {
    list: async () => [LAMP],
    get: async (lamp, options) => {
      refuseOthers(lamp);
      const { misc_state } = await bmc.execute(getChassisStatus, {}, options);
      return (misc_state & STATE_TOLD) === 0 ? 'unknown' : (STATES[(misc_state >> 4) & 0x03] ?? 'unknown');
    },
    set: async (lamp, state, options) => {
      refuseOthers(lamp);
      if (state === 'blinking')
        throw new DriverError(
          'rejected',
          `${bmc.name}: IPMI lights the identify lamp, or not; ${state} is neither.`,
        );
      await bmc.execute(chassisIdentify, { seconds: 0, forever: state === 'on' }, options);
    },
  };
}
