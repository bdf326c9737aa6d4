import { migratedDatabaseUrl } from '../../services/mariadb-template.ts';
import { describeTables } from './describe-tables.ts';

describeTables('MariaDB', migratedDatabaseUrl);
describeTables('MariaDB', migratedDatabaseUrl, 'lifecycle');
