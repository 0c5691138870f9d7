// What is wrong with what was sent, field by field, in words for whoever has sent it. What a schema says itself stays as it is.
import type { z } from '@hono/zod-openapi';
import type { Fault } from './problem.ts';

type Issue = z.core.$ZodIssue;

export function faultsOf({ issues }: { readonly issues: readonly Issue[] }): Fault[] {
  return issues.map((issue) => ({ field: issue.path.map(String).join('.'), detail: wordsOf(issue) }));
}

function wordsOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'is missing'
        : `is no ${TYPES[issue.expected] ?? issue.expected}`;
    case 'unrecognized_keys':
      return `has no ${issue.keys.map((key) => `'${key}'`).join(', ')}`;
    case 'invalid_value':
      return `is none of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return 'has none of the shapes that it may have';
    case 'too_small':
      return `${verbOf(issue.origin)} less than ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `${verbOf(issue.origin)} more than ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return issue.message;
  }
}

const TYPES: Readonly<Record<string, string>> = { int: 'integer', record: 'object' };

/** Of strings and arrays; the rest are numbers. */
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' elements' };

function unitOf(origin: string): string {
  return UNITS[origin] ?? '';
}

function verbOf(origin: string): string {
  return origin in UNITS ? 'has' : 'is';
}
