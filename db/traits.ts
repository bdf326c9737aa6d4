import { serviceError } from '../lifecycle/errors.ts';
import type { Executor } from './executor.ts';
import { BrokenReference, DuplicateKey } from './failures.ts';
import type { NodeRepository } from './store.ts';

/** Writes to the traits of nodes. Each stamps the node as changed, as Ironic does. */
export function traitWrites(db: Executor): Pick<NodeRepository, 'setTraits' | 'addTrait' | 'removeTrait'> {
  return {
    setTraits: (uuid, traits) =>
      db.atomic(async (inside) => {
        await inside.run('DELETE FROM `node_traits` WHERE `node_uuid` = ?', [uuid]);
        await insertTraits(inside, uuid, traits);
        await touch(inside, uuid);
      }),
    addTrait: (uuid, trait) =>
      db.atomic(async (inside) => {
        const sql = 'SELECT 1 FROM `node_traits` WHERE `node_uuid` = ? AND `trait` = ?';
        if ((await inside.rows(sql, [uuid, trait])).length > 0) return;
        const insert = inside.run('INSERT INTO `node_traits` (`node_uuid`, `trait`) VALUES (?, ?)', [
          uuid,
          trait,
        ]);
        await onNode(
          uuid,
          insert.catch((error: unknown) => {
            // Added by another request since the look above: that is what was asked for.
            if (!(error instanceof DuplicateKey)) throw error;
          }),
        );
        await touch(inside, uuid);
      }),
    removeTrait: (uuid, trait) =>
      db.atomic(async (inside) => {
        const sql = 'DELETE FROM `node_traits` WHERE `node_uuid` = ? AND `trait` = ?';
        const { changes } = await inside.run(sql, [uuid, trait]);
        if (changes > 0) await touch(inside, uuid);
        return changes > 0;
      }),
  };
}

/** Gives traits to a node that has none of them. @throws NotFound */
export async function insertTraits(db: Executor, uuid: string, traits: readonly string[]): Promise<void> {
  const all = [...new Set(traits)];
  if (all.length === 0) return;
  const rows = all.map(() => '(?, ?)').join(', ');
  const bindings = all.flatMap((trait) => [uuid, trait]);
  await onNode(
    uuid,
    db.run(`INSERT INTO \`node_traits\` (\`node_uuid\`, \`trait\`) VALUES ${rows}`, bindings),
  );
}

async function touch(db: Executor, uuid: string): Promise<void> {
  await db.run(`UPDATE \`nodes\` SET \`updated_at\` = ${db.dialect.now} WHERE \`uuid\` = ?`, [uuid]);
}

async function onNode(uuid: string, write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (error instanceof BrokenReference) throw serviceError('NotFound', { kind: 'Node', ident: uuid });
    throw error;
  }
}
