export { openWs, type WsDoor, type WsDoorOptions } from './server/door.ts';
