/** Not what the specification's examples say: who builds links instead of following them gets 404. */
export const PATHS = {
  root: '/redfish/v1/',
  sessions: '/redfish/v1/SessionService/Sessions',
  system: '/redfish/v1/Systems/node-7c',
  chassis: '/redfish/v1/Chassis/sled-7c',
  manager: '/redfish/v1/Managers/controller-7c',
} as const;
