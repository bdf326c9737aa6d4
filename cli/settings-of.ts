import { type AuthSettings, authSettings } from './auth-settings.ts';
import type { Outside } from './outside.ts';

/** How the service is reached, by the variables and the clouds.yaml of who asks. @throws CommandFailure usage */
export function settingsOf({ env, readFile }: Pick<Outside, 'env' | 'readFile'>): Promise<AuthSettings> {
  return authSettings(env, async (paths) => {
    for (const path of paths) {
      const text = await readFile(path).catch(() => null);
      if (text !== null) return text;
    }
    return null;
  });
}
