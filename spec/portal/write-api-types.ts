import { writeFileSync } from 'node:fs';
import { API_TYPES_FILE, apiTypes } from './api-types.ts';

// A program: makes the portal's types of the life-cycle API anew.
writeFileSync(API_TYPES_FILE, await apiTypes());
