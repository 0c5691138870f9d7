// Frames as text for people: what `reslirp --dump` shows. Each protocol is a file in print/, and a row in print/tables.ts.
export { LAYERS, type Layer } from './print/layers.ts';
export { createPrinter, type Printer, type PrinterOptions } from './print/printer.ts';
