export { type PluggedIn, plugIn } from './child.ts';
export { parseVde, type SwitchName, type VdeUrl } from './url.ts';
