import type { CommandRow } from './command-row.ts';
import { type Format, renderEvent } from './output.ts';
import type { Outside } from './outside.ts';
import { type Given, queryText } from './request-parts.ts';
import type { Session } from './session.ts';
import type { Shown } from './shown-text.ts';

/** Prints events as they come. The service ends a stream now and then: the next one goes on where it was. @throws CommandFailure */
export async function follow(
  session: Session,
  row: CommandRow,
  path: string,
  given: Given,
  { format, shown }: { format: Format; shown: Shown },
  { out }: Pick<Outside, 'out'>,
): Promise<void> {
  let after = given.after;
  do {
    const query = await queryText(session, row, { ...given, after });
    for await (const { id, event, data } of session.events(`${path}${query}`)) {
      if (id !== null) after = id;
      if (event !== null) out(`${renderEvent(event, data, format, shown)}\n`);
    }
  } while (given.follow !== 'false');
}
