import { describeTables } from '../api/describe-tables.ts';

describeTables('SQLite', async () => 'sqlite://:memory:', 'lifecycle');
