import { expect } from 'chai';
import { createLiveConductors } from '../../../api/openstack/live-conductors.ts';
import { loadSettings } from '../../../config/load-settings.ts';
import type { Store } from '../../../db/store.ts';
import type { ConductorRecord } from '../../../lifecycle/records.ts';

describe('createLiveConductors', () => {
  it('asks the database again after 5 s, or when it is told to', async () => {
    let monotonic_ms = 0;
    let reads = 0;
    const clock = { now: () => 0, monotonic: () => monotonic_ms, sleep: () => Promise.resolve() };
    const listAlive = async (): Promise<ConductorRecord[]> => {
      reads++;
      return [];
    };
    const store = { conductors: { listAlive } } as unknown as Store;
    const live = createLiveConductors({ store, settings: loadSettings({ env: {} }), clock });
    await live.recent();
    await live.recent();
    expect(reads).to.equal(1);
    await live.now();
    expect(reads).to.equal(2);
    monotonic_ms = 4999;
    await live.recent();
    expect(reads).to.equal(2);
    monotonic_ms = 5000;
    await live.recent();
    expect(reads).to.equal(3);
  });
});
