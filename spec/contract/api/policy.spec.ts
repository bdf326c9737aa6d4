import { readRuleFacts } from '../../api/openstack/policy/who-may.ts';
import { describePolicy } from './describe-policy.ts';

describePolicy('api', readRuleFacts());
