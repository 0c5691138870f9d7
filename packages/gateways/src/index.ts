export { applicationGateways } from './gateways.ts';
