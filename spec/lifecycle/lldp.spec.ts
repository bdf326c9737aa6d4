import { expect } from 'chai';
import { type LldpTlv, localLink, neighbourOf } from '../../lifecycle/lldp.ts';

const hex = (text: string): string => Buffer.from(text).toString('hex');
const CHASSIS: LldpTlv = [1, '04525400abcdef'];
const PORT: LldpTlv = [2, `05${hex('Eth1/7')}`];
const NAME: LldpTlv = [5, hex('leaf1')];

describe('LLDP frames', () => {
  const ROWS: readonly [string, LldpTlv[], ReturnType<typeof neighbourOf>][] = [
    [
      'of a switch with a name',
      [CHASSIS, PORT, NAME],
      { switch_name: 'leaf1', switch_port: 'Eth1/7', switch_id: '52:54:00:ab:cd:ef' },
    ],
    [
      'of one without',
      [CHASSIS, PORT],
      { switch_name: '52:54:00:ab:cd:ef', switch_port: 'Eth1/7', switch_id: '52:54:00:ab:cd:ef' },
    ],
    [
      'with an address for a chassis',
      [[1, '0501c0000201'], PORT],
      { switch_name: '192.0.2.1', switch_port: 'Eth1/7', switch_id: null },
    ],
    [
      'with a MAC address for a port',
      [CHASSIS, [2, '03525400000001'], NAME],
      { switch_name: 'leaf1', switch_port: '52:54:00:00:00:01', switch_id: '52:54:00:ab:cd:ef' },
    ],
    [
      'with the VLANs of its port, of which 0 and 4095 are none',
      [
        CHASSIS,
        PORT,
        NAME,
        [127, '0080c2010064'],
        [127, '0080c203006e0364656d'],
        [127, '0080c203000000'],
        [127, '0080c2030fff00'],
        [127, '00120f0100c8'],
      ],
      { switch_name: 'leaf1', switch_port: 'Eth1/7', switch_id: '52:54:00:ab:cd:ef', vlan_ids: [100, 110] },
    ],
    ['without a port', [CHASSIS, NAME], null],
    ['without anything', [], null],
    ['that are no hexadecimal', [[1, 'zz'], PORT], null],
    [
      'with control characters in a name',
      [CHASSIS, PORT, [5, hex('le\u0000af\n1')]],
      { switch_name: 'leaf1', switch_port: 'Eth1/7', switch_id: '52:54:00:ab:cd:ef' },
    ],
  ];
  for (const [name, tlvs, wanted] of ROWS)
    it(name, () => {
      expect(neighbourOf(tlvs)).to.deep.equal(wanted);
    });

  it('become what Ironic keeps of a port', () => {
    expect(localLink(neighbourOf([CHASSIS, PORT, NAME]))).to.deep.equal({
      ...{ switch_id: '52:54:00:ab:cd:ef', port_id: 'Eth1/7', switch_info: 'leaf1' },
    });
    expect(localLink(null)).to.deep.equal({});
  });
});
