import { testDatabaseUrl } from '../../services/test-services.ts';
import { describeTables } from './describe-tables.ts';

describeTables('MariaDB', testDatabaseUrl);
describeTables('MariaDB', testDatabaseUrl, 'lifecycle');
