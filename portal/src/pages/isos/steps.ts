import { ask } from '../../api/http.ts';
import { pause } from '../../api/pause.ts';
import { act, serverPath } from '../../api/servers.ts';
import type { Attempt, ToolName } from '../../api/types.ts';

/** What is done with a server, one after the other. */
export interface Step {
  tool: ToolName;
  body?: object;
}

const LOOK_MS = 700;
const MOST_LOOKS = 400;

/**
 * Does steps with a server, each when the one before has ended well.
 * @param tell is called before each.
 * @throws ApiError that the service refused a step; Error with the cause when the work of one failed
 */
export async function doSteps(
  server: string,
  steps: readonly Step[],
  tell: (tool: ToolName) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const { tool, body } of steps) {
    tell(tool);
    const before = await newest(server, signal);
    await act(server, tool, body);
    await ended(server, before?.uuid ?? null, signal);
  }
}

async function newest(server: string, signal: AbortSignal): Promise<Attempt | null> {
  const path = `${serverPath(server)}/timeline?limit=1`;
  return (await ask<{ attempts: Attempt[] }>(path, { signal })).attempts[0] ?? null;
}

/** Waits for the work that an action began; some are done when they are answered, and begin none. */
async function ended(server: string, before: string | null, signal: AbortSignal): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const attempt = await newest(server, signal);
    if (attempt === null || attempt.uuid === before) return;
    if (attempt.state === 'failed' || attempt.state === 'cancelled')
      throw new Error([attempt.cause, attempt.next_action].filter((one) => one !== null).join(' '));
    if (attempt.finished_at !== null) return;
    await pause(LOOK_MS, signal);
    signal.throwIfAborted();
  }
}
