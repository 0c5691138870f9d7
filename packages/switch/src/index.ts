export type { Port, PortCounters } from './port.ts';
export { Switch, type SwitchOptions } from './switch.ts';
