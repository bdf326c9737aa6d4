import { describeTables } from '../api/describe-tables.ts';

describeTables('SQLite', null, 'lifecycle');
