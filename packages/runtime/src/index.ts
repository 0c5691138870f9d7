// For programs: a network from its settings, on Node's loop or on a thread of its own.
export {
  BOOT_CLIENTS,
  type BootClient,
  checkDhcp4,
  type Dhcp4Boot,
  type Dhcp4BootFile,
  type Dhcp4Host,
} from '@reslirp/services/dhcp4';
export { checkDns } from '@reslirp/services/dns';
export { type DumpSettings, dump } from './dump.ts';
export { type LeaseFileSettings, readLeaseFile } from './lease-file.ts';
export * from './plane.ts';
export { openRecording, Recording, type RecordingSettings, recordingOf } from './recording.ts';
export { type Origin, Relay, type RelayOptions } from './relay.ts';
export { type Running, type RunOptions, run } from './run.ts';
