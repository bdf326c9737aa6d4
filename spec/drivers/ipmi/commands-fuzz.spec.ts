import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { isFlaw } from '../../../drivers/ipmi/codec/flaw.ts';
import type { Command } from '../../../drivers/ipmi/commands/command.ts';

const COMMANDS = new URL('../../../drivers/ipmi/commands/', import.meta.url);
type Any = Command<unknown, unknown>;

/** Every command that there is, whoever uses it. */
async function allCommands(): Promise<Any[]> {
  const files = (await readdir(COMMANDS)).filter((file) => file.endsWith('.js'));
  const modules = await Promise.all(
    files.map(async (file) => (await import(new URL(file, COMMANDS).href)) as Record<string, unknown>),
  );
  return modules.flatMap((module) => Object.values(module)).filter(isCommand);
}

function isCommand(value: unknown): value is Any {
  return typeof value === 'object' && value !== null && 'decodeResponse' in value && 'netfn' in value;
}

describe('IPMI commands, fed with garbage', () => {
  it('refuse in words or decode, and what was decoded can be said again', async () => {
    const commands = await allCommands();
    expect(commands.length).to.be.above(40);
    for (const command of commands)
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), (data) => {
          const request = command.decodeRequest(data);
          if (!isFlaw(request)) {
            const again = command.decodeRequest(command.encodeRequest(request));
            expect(isFlaw(again), `${command.name}, request`).to.equal(false);
          }
          const response = command.decodeResponse(data);
          if (!isFlaw(response)) {
            const again = command.decodeResponse(command.encodeResponse(response));
            expect(isFlaw(again), `${command.name}, response`).to.equal(false);
          }
        }),
        { numRuns: 300 },
      );
  });
});
