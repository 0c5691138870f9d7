export { type NcsiConfig, type NcsiResponder, ncsiResponder } from './ncsi/responder.ts';
