export { FileFault, type FileSource, type OpenFile } from './tftp/files.ts';
export { type TftpServer, type TftpServerOptions, tftpServer } from './tftp/server.ts';
