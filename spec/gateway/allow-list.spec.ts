import { expect } from 'chai';
import { bodyProblem, judge } from '../../gateway/redfish/allow-list.ts';
import type { Json } from '../../lifecycle/json.ts';

const OPERATOR = { role: 'operator', system_id: null } as const;

function verdict(
  method: string,
  path: string,
  body?: Json,
  lease: Parameters<typeof judge>[2] = OPERATOR,
): string {
  const judged = judge(method, path, lease);
  if ('refused' in judged) return judged.refused;
  return bodyProblem(judged.row, body) ?? `passed ${judged.passed.path}`;
}

const RESET = '/redfish/v1/Systems/1/Actions/ComputerSystem.Reset';
const INSERT = '/redfish/v1/Managers/1/VirtualMedia/Cd/Actions/VirtualMedia.InsertMedia';

describe('S83 the allow-list of the Redfish gateway', () => {
  it('passes on what a customer needs', () => {
    const rows: [string, string, Json?][] = [
      ['GET', '/redfish/v1'],
      ['GET', '/redfish/v1/'],
      ['GET', '/redfish/v1/Systems?$expand=.($levels=1)'],
      ['GET', '/redfish/v1/Systems/1'],
      ['GET', '/redfish/v1/Systems/System.Embedded.1/Storage/RAID.Slot.1-1/Drives/Disk.Bay.0:Enclosure'],
      ['GET', '/redfish/v1/Chassis/1/Thermal'],
      ['GET', '/redfish/v1/Managers/1/LogServices/Sel/Entries?$top=50&$skip=100'],
      ['POST', RESET, { ResetType: 'ForceRestart' }],
      [
        'PATCH',
        '/redfish/v1/Systems/1',
        { Boot: { BootSourceOverrideTarget: 'Pxe', BootSourceOverrideEnabled: 'Once' } },
      ],
      ['POST', INSERT, { Image: 'http://images.example/debian.iso', Inserted: true }],
      ['POST', '/redfish/v1/Systems/1/VirtualMedia/Cd/Actions/VirtualMedia.EjectMedia', {}],
      ['POST', '/redfish/v1/Systems/1/VirtualMedia/Cd/Actions/VirtualMedia.EjectMedia'],
    ];
    for (const [method, path, body] of rows)
      expect(verdict(method, path, body), `${method} ${path}`).to.match(/^passed \/redfish\/v1/);
  });

  it('refuses everything else', () => {
    const rows: [string, string, Json?][] = [
      ['GET', '/redfish/v1/AccountService/Accounts'],
      ['GET', '/redfish/v1/SessionService/Sessions'],
      ['GET', '/redfish/v1/Managers/1/NetworkProtocol'],
      ['GET', '/redfish/v1/Managers/1/EthernetInterfaces'],
      ['GET', '/redfish/v1/UpdateService'],
      ['GET', '/redfish/v1/EventService/SSE'],
      ['POST', '/redfish/v1/Managers/1/Actions/Manager.Reset', {}],
      ['POST', '/redfish/v1/Systems/1/LogServices/Sel/Actions/LogService.ClearLog', {}],
      ['POST', '/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate', { ImageURI: 'x' }],
      ['PATCH', '/redfish/v1/Systems/1/Bios/Settings', { Attributes: {} }],
      ['DELETE', '/redfish/v1/Systems/1'],
      ['PUT', '/redfish/v1/Systems/1'],
      ['HEAD', '/redfish/v1/Systems/1'],
      ['POST', RESET],
      ['POST', RESET, { ResetType: 'ResetToDefaults' }],
      ['POST', RESET, { ResetType: 'On', Oem: {} }],
      ['POST', RESET, ['On']],
      ['PATCH', '/redfish/v1/Systems/1', { Boot: { HttpBootUri: 'http://x' } }],
      ['PATCH', '/redfish/v1/Systems/1', { AssetTag: 'x' }],
      ['PATCH', '/redfish/v1/Systems/1', { Boot: 'Pxe' }],
      ['POST', INSERT, { Image: 'http://images.example/x', UserName: 'u', Password: 'p' }],
      ['POST', INSERT, { Image: 'nfs://10.0.0.1/x' }],
      ['POST', INSERT, { Image: 'http://u:p@images.example/x' }],
      ['POST', INSERT, JSON.parse('{"__proto__": {"ResetType": "On"}}') as Json],
    ];
    for (const [method, path, body] of rows)
      expect(verdict(method, path, body), `${method} ${path}`).not.to.match(/^passed/);
  });

  it('refuses paths that a BMC may read in another way', () => {
    for (const path of [
      ...['/redfish/v1/Systems/../AccountService', '/redfish/v1/Systems/%2e%2e/AccountService'],
      ...[
        '/redfish/v1/Systems/1%2fBios',
        '/redfish//v1/Systems/1',
        '/redfish/v1/Systems//1',
        '//redfish/v1/Systems/1',
      ],
      ...['/Redfish/v1/Systems/1', '/redfish/v1/systems/1', '/redfish/v1/SYSTEMS/1', '/REDFISH/V1/'],
      ...[
        '/redfish/v1/Systems/1;x',
        '/redfish/v1/Systems/1\\..',
        '/redfish/v1/Systems/.',
        '/redfish/v1/Systems/..',
      ],
      ...['http://elsewhere/redfish/v1/Systems/1', '/redfish/v1/Systems/1#x', '/redfish/v1/Systems/1\u0000'],
      ...['/redfish/v1/Systems/1?$filter=x', '/redfish/v1/Systems/1?only', '/redfish/v2/Systems', '/', ''],
      `/redfish/v1/Systems/${'a'.repeat(65)}`,
      `/redfish/v1${'/a'.repeat(300)}`,
    ])
      expect(verdict('GET', path), path).not.to.match(/^passed/);
    expect(verdict('POST', `${RESET}?$top=1`, { ResetType: 'On' })).not.to.match(/^passed/);
  });

  it('lets a reader only read, and nobody reach another system of the BMC', () => {
    const reader = { role: 'read-only', system_id: null } as const;
    expect(verdict('GET', '/redfish/v1/Systems/1', undefined, reader)).to.match(/^passed/);
    expect(verdict('POST', RESET, { ResetType: 'On' }, reader)).to.contain('reading only');
    const own = { role: 'operator', system_id: '/redfish/v1/Systems/blade-2' } as const;
    expect(verdict('GET', '/redfish/v1/Systems/blade-2', undefined, own)).to.match(/^passed/);
    expect(verdict('GET', '/redfish/v1/Systems/blade-3', undefined, own)).to.contain('another system');
    expect(verdict('POST', RESET, { ResetType: 'On' }, own)).to.contain('another system');
  });
});
