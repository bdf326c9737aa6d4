import type { Executor } from './executor.ts';
import { ENROLMENT_TOKENS } from './registration-tables.ts';
import { getBy, repository } from './repository.ts';
import type { EnrolmentTokenRepository } from './store.ts';
import { reader } from './table.ts';

export function enrolmentTokenRepository(db: Executor): EnrolmentTokenRepository {
  const { now } = db.dialect;
  const valid = `\`token_hash\` = ? AND (\`expires_at\` IS NULL OR \`expires_at\` > ${now}) AND (\`uses_left\` IS NULL OR \`uses_left\` > 0)`;
  return {
    ...repository(db, ENROLMENT_TOKENS),
    async use(token_hash) {
      const text = `UPDATE \`enrolment_tokens\` SET \`last_used_at\` = ${now}, \`uses_left\` = \`uses_left\` - 1 WHERE ${valid}`;
      const { changes } = await db.run(text, [token_hash]);
      return changes === 0 ? null : getBy(db, ENROLMENT_TOKENS, 'token_hash', token_hash);
    },
    async valid(token_hash) {
      const [row] = await db.rows(`${ENROLMENT_TOKENS.select} WHERE ${valid}`, [token_hash]);
      return row === undefined ? null : reader(ENROLMENT_TOKENS, ENROLMENT_TOKENS.fields, db.keys)(row);
    },
  };
}
