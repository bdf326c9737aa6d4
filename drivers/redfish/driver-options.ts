/** The settings of group `[redfish]` as the driver takes them. */
export interface RedfishOptions {
  /** Times that a BMC which cannot be reached is tried, within a call's time. */
  connection_attempts: number;
  /** Seconds between these attempts. */
  connection_retry_interval: number;
  /** How nodes log in that say nothing themselves. */
  auth_type: 'auto' | 'basic' | 'session';
  /** Seconds that an unused session is kept. 0: it is deleted at once. */
  session_idle_timeout: number;
}
