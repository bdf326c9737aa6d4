import { writeFileSync } from 'node:fs';
import { API_TYPES_FILE, apiTypes, BAREMETAL_FIELDS_FILE, baremetalFields } from './api-types.ts';

// A program: makes the portal's types of the APIs anew.
writeFileSync(API_TYPES_FILE, await apiTypes());
writeFileSync(BAREMETAL_FIELDS_FILE, baremetalFields());
